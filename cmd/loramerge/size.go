package main

import (
	"fmt"

	"github.com/dustin/go-humanize"
)

// byteSize is a flag such as 512MB or 1GiB.
type byteSize int64

// Set reads the size.
func (s *byteSize) Set(text string) error {
	n, err := humanize.ParseBytes(text)
	if err != nil || n == 0 || n > 1<<60 {
		return fmt.Errorf("%q is not a size such as 512MB", text)
	}
	*s = byteSize(n)
	return nil
}

func (s *byteSize) String() string { return humanize.IBytes(uint64(*s)) }

// Type names it in the help.
func (s *byteSize) Type() string { return "size" }

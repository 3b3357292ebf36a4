package safetensors

import (
	"fmt"
	"strconv"
	"strings"
)

const (
	remedySaveAgain     = "it was written wrongly: save it again with the safetensors library"
	remedyDownloadAgain = "it is incomplete or damaged: download or copy it again"
)

// FormatError is what is wrong with a safetensors file.
type FormatError struct {
	File   string // path, as given to Open
	Tensor string // the tensor concerned, as the file spells it; "" if none
	Offset int64  // where in the file, in bytes; -1 if nowhere in particular
	Reason string // what is wrong; strings out of the file are quoted in it
	Remedy string // what to do about it
}

// Error returns one printable line, `file: tensor "x": reason (at byte N): remedy`.
// Whatever comes out of the file is quoted, so that it cannot steer a terminal.
func (e *FormatError) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Tensor != "" {
		b.WriteString(": tensor " + quote(e.Tensor))
	}
	b.WriteString(": " + e.Reason)
	if e.Offset >= 0 {
		fmt.Fprintf(&b, " (at byte %d)", e.Offset)
	}
	if e.Remedy != "" {
		b.WriteString(": " + e.Remedy)
	}
	return b.String()
}

// quote is %q, cut short: a string of a hostile header may have 100 MB.
func quote(s string) string {
	const limit = 200
	if len(s) <= limit {
		return strconv.Quote(s)
	}
	return strconv.Quote(s[:limit]) + "…"
}

package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/merge"
)

// measureFlag is a merge.Measure by name.
type measureFlag merge.Measure

var measureNames = []string{merge.MeasureCheap: "cheap", merge.MeasureAll: "all", merge.MeasureNone: "none"}

// Set reads the name.
func (m *measureFlag) Set(text string) error {
	at, err := choice(measureNames, text)
	*m = measureFlag(at)
	return err
}

func (m *measureFlag) String() string { return measureNames[*m] }

// Type names it in the help.
func (m *measureFlag) Type() string { return "measure" }

// cacheFlag is a merge.CacheMode by name.
type cacheFlag merge.CacheMode

var cacheNames = []string{merge.CacheAuto: "auto", merge.CacheAll: "all", merge.CacheOff: "off"}

// Set reads the name.
func (c *cacheFlag) Set(text string) error {
	at, err := choice(cacheNames, text)
	*c = cacheFlag(at)
	return err
}

func (c *cacheFlag) String() string { return cacheNames[*c] }

// Type names it in the help.
func (c *cacheFlag) Type() string { return "mode" }

func choice(names []string, text string) (int, error) {
	at := slices.Index(names, text)
	if at < 0 {
		return 0, fmt.Errorf("%q is not one of %s", text, strings.Join(names, ", "))
	}
	return at, nil
}

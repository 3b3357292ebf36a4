package main

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/merge/run"
)

// measureFlag is a merge.Measure by name.
type measureFlag run.Measure

var measureNames = []string{run.MeasureCheap: "cheap", run.MeasureAll: "all", run.MeasureNone: "none"}

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
type cacheFlag run.CacheMode

var cacheNames = []string{run.CacheAuto: "auto", run.CacheAll: "all", run.CacheOff: "off"}

// Set reads the name.
func (c *cacheFlag) Set(text string) error {
	at, err := choice(cacheNames, text)
	*c = cacheFlag(at)
	return err
}

func (c *cacheFlag) String() string { return cacheNames[*c] }

// Type names it in the help.
func (c *cacheFlag) Type() string { return "mode" }

// varsFlag is --set name=value, as often as needed.
type varsFlag map[string]string

// Set reads one variable; the value may hold anything, commas and = too.
func (v varsFlag) Set(text string) error {
	name, value, found := strings.Cut(text, "=")
	if !found || name == "" {
		return fmt.Errorf("%q is not of the form name=value", text)
	}
	if !utf8.ValidString(text) {
		return fmt.Errorf("%q is not UTF-8, which a recipe is", text)
	}
	v[name] = value
	return nil
}

func (v varsFlag) String() string { return "" }

// Type names it in the help.
func (v varsFlag) Type() string { return "name=value" }

func (v varsFlag) add(command *cobra.Command) {
	command.Flags().Var(v, "set", "give a variable of the recipe a value; once for each")
}

func choice(names []string, text string) (int, error) {
	at := slices.Index(names, text)
	if at < 0 {
		return 0, fmt.Errorf("%q is not one of %s", text, strings.Join(names, ", "))
	}
	return at, nil
}

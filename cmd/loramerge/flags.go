package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/merge/run"
)

var (
	measureNames = []string{run.MeasureCheap: "cheap", run.MeasureAll: "all", run.MeasureNone: "none"}
	cacheNames   = []string{run.CacheAuto: "auto", run.CacheAll: "all", run.CacheOff: "off"}
)

// choiceFlag is a flag that takes one of a few names, each at the index of its value.
type choiceFlag[T ~uint8] struct {
	to    *T
	names []string
	kind  string // in the help
}

// Set reads the name.
func (f choiceFlag[T]) Set(text string) error {
	at, err := choice(f.names, text)
	if err == nil {
		*f.to = T(at)
	}
	return err
}

func (f choiceFlag[T]) String() string { return f.names[*f.to] }

// Type names it in the help.
func (f choiceFlag[T]) Type() string { return f.kind }

func addMeasure(command *cobra.Command, to *run.Measure) {
	command.Flags().Var(choiceFlag[run.Measure]{to, measureNames, "measure"}, "measure", "which losses to measure: cheap, all or none")
}

func addCacheMode(command *cobra.Command, to *run.CacheMode, doc string) {
	command.Flags().Var(choiceFlag[run.CacheMode]{to, cacheNames, "mode"}, "cache", doc)
}

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
	command.Flags().Var(v, "set", "set a variable of the recipe; may be repeated")
}

// jobsFlag is --jobs: how many modules are in progress at once; 0 is one per processor.
type jobsFlag int

// Set reads the number.
func (j *jobsFlag) Set(text string) error {
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return fmt.Errorf("%q is not a number of jobs such as 4; 0 is one per processor", text)
	}
	*j = jobsFlag(n)
	return nil
}

func (j *jobsFlag) String() string { return strconv.Itoa(int(*j)) }

// Type names it in the help.
func (j *jobsFlag) Type() string { return "number" }

func addJobs(command *cobra.Command, jobs *int, doc string) {
	command.Flags().VarP((*jobsFlag)(jobs), "jobs", "j", doc)
}

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

func choice(names []string, text string) (int, error) {
	at := slices.Index(names, text)
	if at < 0 {
		return 0, fmt.Errorf("%q is not one of %s", text, strings.Join(names, ", "))
	}
	return at, nil
}

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/loramerge/loramerge/internal/printable"
	"github.com/loramerge/loramerge/merge/hubcache"
)

// ui is the one place that prints for people: results to stdout, all else to stderr.
// Its methods are in the files ui*.go, by subject.
type ui struct {
	out      *results
	err      io.Writer
	terminal bool                // stderr is one
	width    func() int          // columns of the terminal
	room     func() int          // columns for results: those of the terminal that they go to, or without end
	color    bool                // https://no-color.org
	begun    string              // a line of the results that is not complete
	sources  map[string][]string // lines of the files that mistakes point into

	user      *userFile // the user's settings
	userFault error     // what is wrong with them, if a command needs them
	hub       *hubcache.Finder

	interrupted atomic.Bool
	keeps       atomic.Bool // what is half downloaded when a signal comes
}

func newUI(out, err *os.File) *ui {
	terminal := term.IsTerminal(int(err.Fd()))
	width := func() int {
		if columns, _, failed := term.GetSize(int(err.Fd())); failed == nil && columns > 0 {
			return columns
		}
		return 80
	}
	room := func() int {
		if columns, _, failed := term.GetSize(int(out.Fd())); failed == nil && columns > 0 {
			return columns
		}
		return math.MaxInt
	}
	return &ui{out: &results{to: out}, err: err, terminal: terminal, width: width, room: room, color: terminal && os.Getenv("NO_COLOR") == "", sources: map[string][]string{}, user: new(userFile), hub: hubcache.OfProcess()}
}

// results remembers the first failure to write, so that it is looked for once, at
// the end, and a full disk does not pass for success.
type results struct {
	to     io.Writer
	failed error
}

func (r *results) Write(p []byte) (int, error) {
	if r.failed != nil {
		return 0, r.failed
	}
	n, err := r.to.Write(p)
	if err != nil {
		r.failed = fmt.Errorf("writing the results: %w", err)
	}
	return n, r.failed
}

const (
	red    = "\x1b[31;1m"
	yellow = "\x1b[33;1m"
	plain  = "\x1b[0m"
)

func (u *ui) paint(color, text string) string {
	if !u.color {
		return text
	}
	return color + text + plain
}

// print prints a text as it is.
func (u *ui) print(text string) {
	if u.begun != "" {
		u.fold(text)
		return
	}
	io.WriteString(u.out, text)
}

// printf prints its arguments' text as a printable line; the format is the program's own. What a terminal
// has no room for goes on in the next line.
func (u *ui) printf(format string, args ...any) { u.fold(fmt.Sprintf(format, harmless(args)...)) }

// fold prints the lines that are complete, each broken between words where it is too long.
func (u *ui) fold(text string) {
	room := u.roomForResults()
	if room == math.MaxInt {
		io.WriteString(u.out, text)
		return
	}
	u.begun += text
	for {
		line, rest, complete := strings.Cut(u.begun, "\n")
		if !complete {
			return
		}
		u.begun = rest
		indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
		if utf8.RuneCountInString(line) > room {
			line = indent + strings.ReplaceAll(printable.Wrap(strings.TrimLeft(line, " "), room-len(indent)-2), "\n", "\n"+indent+"  ")
		}
		io.WriteString(u.out, line+"\n")
	}
}

// logf is printf for what is not a result.
func (u *ui) logf(format string, args ...any) { fmt.Fprintf(u.err, format, harmless(args)...) }

func harmless(args []any) []any {
	for i, arg := range args {
		if text, ok := arg.(string); ok {
			args[i] = printable.Line(text)
		}
	}
	return args
}

// heading begins what is printed of one of several recipes.
func (u *ui) heading(recipe string, first bool) {
	if !first {
		u.print("\n")
	}
	u.printf("%s:\n", recipe)
}

// json prints a value for programs.
func (u *ui) json(v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("printing JSON: %w", err)
	}
	u.print(escaped(text) + "\n")
	return nil
}

// event prints one line of JSON: what happened with which recipe, and the value.
func (u *ui) event(recipe, what string, v any) error {
	var line bytes.Buffer
	separator := "{"
	for _, field := range []struct {
		key   string
		value any
	}{{"event", what}, {"recipe", recipe}, {what, v}} {
		text, err := json.Marshal(field.value)
		if err != nil {
			return fmt.Errorf("printing JSON: %w", err)
		}
		fmt.Fprintf(&line, "%s%q:%s", separator, field.key, text)
		separator = ","
	}
	u.print(escaped(line.Bytes()) + "}\n")
	return nil
}

// escaped is JSON that is harmless for a terminal: JSON escapes the control
// characters below U+0020 by itself, and leaves the others as they are.
func escaped(text []byte) string {
	var b strings.Builder
	for _, r := range string(text) {
		if r != '\n' && printable.Steers(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

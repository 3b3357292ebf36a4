package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/osfile"
	"github.com/loramerge/loramerge/recipe"
)

// failure prints every error that is gathered in err.
func (u *ui) failure(err error) {
	if _, ok := isReported(err); ok {
		return
	}
	for _, e := range fault.List(err) {
		u.atOnce(func() {
			if f, ok := e.(*fault.Fault); ok {
				u.fault(f)
			} else if errors.Is(e, context.Canceled) {
				io.WriteString(u.err, u.lastWord())
			} else {
				u.label(red, "error")
				u.logf(": %s\n", e.Error())
			}
		})
	}
}

// lastWord is that of what a signal has ended.
func (u *ui) lastWord() string {
	if u.keeps.Load() {
		return "interrupted: the next fetch goes on where this one ended\n"
	}
	return interrupted
}

const interrupted = "interrupted: nothing half-written is left\n"

// atOnce writes all that print prints at once, so that it stays together where several
// programs write to one terminal or log.
func (u *ui) atOnce(print func()) {
	var all bytes.Buffer
	to := u.err
	u.err = &all
	print()
	u.err = to
	all.WriteTo(to)
}

// label writes a word in a colour.
func (u *ui) label(color, word string) { io.WriteString(u.err, u.paint(color, word)) }

// fault prints place and message, of a place in a text its line with a caret, and what to do.
func (u *ui) fault(f *fault.Fault) {
	place, message := f.Position.String(), f.Message()
	if f.Line > 0 {
		u.logf("%s: ", place)
	} else if place != "" {
		message = place + ": " + message
	}
	u.label(red, "error")
	u.logf(": %s\n", message)
	if line, ok := u.line(f.Position); ok {
		u.logf("%5d | %s\n      | %s", f.Line, line, indent(line, f.Column))
		u.label(red, "^")
		u.logf("\n")
	}
	if len(f.Output) > 0 {
		u.logf("      = it printed last:\n")
	}
	for _, line := range f.Output {
		u.logf("          %s\n", line)
	}
	for _, help := range whatHelps(f) {
		u.logf("      = %s\n", help)
	}
}

// whatHelps is the remedy, and the page of `loramerge errors` that there is.
func whatHelps(f *fault.Fault) []string {
	var help []string
	if f.Remedy != "" {
		help = append(help, f.Remedy)
	}
	if f.Page != "" {
		help = append(help, "see `loramerge errors "+f.Page+"`")
	}
	return help
}

// warnings takes one line each: they hinder nothing, and there may be many.
func (u *ui) warnings(all []*fault.Fault) {
	for _, f := range all {
		u.logf("%s: ", f.Position.String())
		u.label(yellow, "warning")
		u.logf(": %s\n", strings.Join(append([]string{f.Message()}, whatHelps(f)...), "; "))
	}
}

// warn prints an error that costs the user nothing but time.
func (u *ui) warn(err error) {
	u.label(yellow, "warning")
	u.logf(": %s\n", err.Error())
}

// line is the line of a file that a position names, if it is worth showing.
func (u *ui) line(at recipe.Position) (string, bool) {
	const longest, largest = 400, 1 << 20
	lines, read := u.sources[at.File]
	if !read {
		if source, err := osfile.ReadUpTo(at.File, largest+1); err == nil && len(source) <= largest {
			lines = strings.Split(string(source), "\n")
		}
		u.sources[at.File] = lines
	}
	if at.Line < 1 || at.Line > len(lines) {
		return "", false
	}
	line := strings.TrimRight(lines[at.Line-1], "\r")
	return line, strings.TrimSpace(line) != "" && len(line) <= longest
}

// indent leads to a column of a line; tabs stay, since only the terminal knows how
// wide they are.
func indent(line string, column int) string {
	before := []rune(line)
	return strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, string(before[:min(len(before), column-1)]))
}

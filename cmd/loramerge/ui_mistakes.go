package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/regular"
	"github.com/loramerge/loramerge/recipe"
)

// failure prints every error that is gathered in err.
func (u *ui) failure(err error) {
	if errors.Is(err, errReported) {
		return
	}
	for _, e := range recipe.Flatten(err) {
		u.atOnce(func() {
			if m, ok := errors.AsType[*recipe.Mistake](e); ok {
				u.mistake(m)
			} else if errors.Is(e, context.Canceled) {
				u.tellf(interrupted)
			} else {
				u.trouble(red, "error", e)
			}
		})
	}
}

// interrupted is the last word of what a signal has ended.
const interrupted = "interrupted: nothing half-written is left\n"

// atOnce makes one write of all that is told, so that it stays together where several
// programs write to one terminal or log.
func (u *ui) atOnce(tell func()) {
	var all bytes.Buffer
	to := u.err
	u.err = &all
	tell()
	u.err = to
	all.WriteTo(to)
}

// trouble prints an error that has no place in a recipe, under a label.
func (u *ui) trouble(color, word string, err error) {
	text, remedy := apart(err.Error(), err)
	u.label(color, word)
	u.tellf(": %s\n", text)
	u.remedy(remedy)
	if problem, ok := errors.AsType[*adapter.Problem](err); ok {
		u.remedy(seePage(problem.Page))
	}
}

// label writes a word in a colour.
func (u *ui) label(color, word string) { io.WriteString(u.err, u.paint(color, word)) }

// mistake prints place and message, the line it stands in with a caret, and the remedy.
func (u *ui) mistake(m *recipe.Mistake) {
	text, remedy := told(m)
	u.tellf("%s: ", m.Position.String())
	u.label(red, "error")
	u.tellf(": %s\n", text)
	if line, ok := u.line(m.Position); ok {
		u.tellf("%5d | %s\n      | %s", m.Line, line, indent(line, m.Column))
		u.label(red, "^")
		u.tellf("\n")
	}
	u.remedy(remedy)
	u.remedy(seePage(m.Page))
}

// seePage leads to a page of `loramerge errors`, if there is one to lead to.
func seePage(page string) string {
	if page == "" {
		return ""
	}
	return "see `loramerge errors " + page + "`"
}

func (u *ui) remedy(text string) {
	if text != "" {
		u.tellf("      = %s\n", text)
	}
}

// warnings takes one line each: they hinder nothing, and there may be many.
func (u *ui) warnings(all []*recipe.Mistake) {
	for _, m := range all {
		text, remedy := told(m)
		for _, more := range []string{remedy, seePage(m.Page)} {
			if more != "" {
				text += "; " + more
			}
		}
		u.tellf("%s: ", m.Position.String())
		u.label(yellow, "warning")
		u.tellf(": %s\n", text)
	}
}

// warn tells of an error that costs the user nothing but time.
func (u *ui) warn(err error) {
	u.label(yellow, "warning")
	u.tellf(": %s\n", err.Error())
}

// told is what is wrong, with its cause, and what to do about it.
func told(m *recipe.Mistake) (text, remedy string) {
	text = m.Text
	if m.Cause != nil && !strings.Contains(text, m.Cause.Error()) {
		text += ": " + m.Cause.Error()
	}
	if m.Remedy != "" {
		return text, m.Remedy
	}
	return apart(text, m.Cause)
}

// apart takes the remedy off an error's text, which ends with it.
func apart(text string, err error) (string, string) {
	if p, ok := errors.AsType[*adapter.Problem](err); ok && p.Remedy != "" {
		if before, found := strings.CutSuffix(text, "; "+p.Remedy); found {
			return before, p.Remedy
		}
	}
	return text, ""
}

// line is the line of a file that a position names, if it is worth showing.
func (u *ui) line(at recipe.Position) (string, bool) {
	const longest, largest = 400, 1 << 20
	lines, read := u.sources[at.File]
	if !read {
		if source, err := regular.ReadUpTo(at.File, largest+1); err == nil && len(source) <= largest {
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

package recipe

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"
)

// Position is a place in a recipe's file; lines and columns count from 1.
type Position struct {
	File         string
	Line, Column int
}

func (p Position) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column) }

// Compare orders places of one file from its beginning to its end.
func (p Position) Compare(q Position) int {
	return cmp.Or(cmp.Compare(p.Line, q.Line), cmp.Compare(p.Column, q.Column))
}

// Mistake is something wrong in a recipe, where it stands and what to do about it.
type Mistake struct {
	Position
	Text   string
	Remedy string
	Cause  error  // may be nil
	Page   string // the section of docs/errors.md that helps to choose a remedy; may be empty
	first  bool
}

func (m *Mistake) Error() string {
	text := m.Position.String() + ": " + m.Text
	if m.Cause != nil && !strings.Contains(m.Text, m.Cause.Error()) {
		text += ": " + m.Cause.Error()
	}
	if m.Remedy != "" {
		text += "; " + m.Remedy
	}
	return text
}

func (m *Mistake) Unwrap() error { return m.Cause }

// Mistakef makes a Mistake; the remedy comes before the text's arguments.
func Mistakef(at Position, remedy, format string, args ...any) *Mistake {
	return &Mistake{Position: at, Remedy: remedy, Text: fmt.Sprintf(format, args...)}
}

// See names the section of docs/errors.md that helps to choose a remedy.
func (m *Mistake) See(page string) *Mistake {
	m.Page = page
	return m
}

// Foremost puts the Mistake before the others of its file: what it says comes before
// anything that may be wrong besides.
func (m *Mistake) Foremost() *Mistake {
	m.first = true
	return m
}

// Flatten lists every error that is gathered in err: the foremost Mistakes, then the others
// in the order of the file; of several files, those of the first that is met come first.
func Flatten(err error) []error {
	if err == nil {
		return nil
	}
	all, ok := err.(*multierror.Error)
	if !ok {
		return []error{err}
	}
	var flat []error
	for _, e := range all.Errors {
		flat = append(flat, Flatten(e)...)
	}
	files := map[string]int{"": 0}
	for _, e := range flat {
		if file := place(e).File; files[file] == 0 && file != "" {
			files[file] = len(files)
		}
	}
	slices.SortStableFunc(flat, func(x, y error) int {
		a, b := place(x), place(y)
		return cmp.Or(cmp.Compare(files[a.File], files[b.File]), compareFirst(x, y), a.Compare(b))
	})
	return flat
}

func compareFirst(x, y error) int {
	switch a, b := foremost(x), foremost(y); {
	case a == b:
		return 0
	case a:
		return -1
	default:
		return 1
	}
}

func foremost(err error) bool {
	m, ok := err.(*Mistake)
	return ok && m.first
}

func place(err error) Position {
	if m, ok := err.(*Mistake); ok {
		return m.Position
	}
	return Position{}
}

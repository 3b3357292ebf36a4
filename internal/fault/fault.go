package fault

import (
	"cmp"
	"fmt"
)

// Fault is something wrong that the user can mend. As JSON it is flat: file, line, column, text,
// and what else there is.
type Fault struct {
	Position
	Text   string   `json:"text"`             // what is wrong
	Remedy string   `json:"remedy,omitempty"` // what to do about it
	Page   string   `json:"page,omitempty"`   // the section of docs/errors.md that helps to choose a remedy
	Output []string `json:"output,omitempty"` // the last lines that a program printed, if that went wrong
	Cause  error    `json:"-"`                // may be nil
	order  int      // -1 of the foremost
}

// At is a Fault at a place.
func At(at Position, format string, args ...any) *Fault {
	return &Fault{Position: at, Text: fmt.Sprintf(format, args...)}
}

// In is a Fault of a file or folder as a whole.
func In(path, format string, args ...any) *Fault {
	return At(Position{File: path}, format, args...)
}

// New is a Fault without a place, or one whose text names it.
func New(format string, args ...any) *Fault { return At(Position{}, format, args...) }

// Mend says what to do about it.
func (f *Fault) Mend(remedy string) *Fault {
	f.Remedy = remedy
	return f
}

// See names the section of docs/errors.md that helps to choose a remedy.
func (f *Fault) See(page string) *Fault {
	f.Page = page
	return f
}

// Because names the cause. If that is a Fault too, what mends it mends this one: its remedy,
// page and output are taken over, unless there are some.
func (f *Fault) Because(cause error) *Fault {
	f.Cause = cause
	if inner, ok := cause.(*Fault); ok {
		f.Remedy, f.Page = cmp.Or(f.Remedy, inner.Remedy), cmp.Or(f.Page, inner.Page)
		if f.Output == nil {
			f.Output = inner.Output
		}
	}
	return f
}

// Foremost puts the Fault before the others of its file: what it says comes before
// anything else that may be wrong.
func (f *Fault) Foremost() *Fault {
	f.order = -1
	return f
}

// Message is what is wrong and why, without place and remedy.
func (f *Fault) Message() string {
	text := f.Text
	if offset, known := f.Byte(); known {
		text = fmt.Sprintf("%s (at byte %d)", text, offset)
	}
	switch cause := f.Cause.(type) {
	case nil:
		return text
	case *Fault:
		return join(text, join(cause.Position.String(), cause.Message()))
	default:
		return join(text, cause.Error())
	}
}

// Error is one line, `place: message; remedy`.
func (f *Fault) Error() string {
	text := join(f.Position.String(), f.Message())
	if f.Remedy != "" {
		text += "; " + f.Remedy
	}
	return text
}

// Unwrap gives the cause.
func (f *Fault) Unwrap() error { return f.Cause }

func join(x, y string) string {
	if x == "" || y == "" {
		return x + y
	}
	return x + ": " + y
}

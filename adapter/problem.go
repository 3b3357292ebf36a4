package adapter

import "fmt"

// Problem is something wrong with an adapter's files that their owner can mend.
type Problem struct {
	Path   string // the file or folder
	Reason string
	Remedy string
	Cause  error  // may be nil
	Page   string // the section of docs/errors.md that helps to choose a remedy; may be empty
}

func (p *Problem) Error() string {
	text := p.Path + ": " + p.Reason
	if p.Cause != nil {
		text += ": " + p.Cause.Error()
	}
	if p.Remedy != "" {
		text += "; " + p.Remedy
	}
	return text
}

func (p *Problem) Unwrap() error { return p.Cause }

func problemf(path, remedy, format string, args ...any) *Problem {
	return &Problem{Path: path, Reason: fmt.Sprintf(format, args...), Remedy: remedy}
}

func (p *Problem) see(page string) *Problem {
	p.Page = page
	return p
}

// unreadable is the Problem of what the system does not let be read.
func unreadable(path string, err error) *Problem {
	return &Problem{Path: path, Reason: "cannot be read", Cause: err, Remedy: "check its permissions, and those of the folders above it"}
}

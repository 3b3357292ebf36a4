package mergekit

import (
	"fmt"

	"gopkg.in/yaml.v3"
)

// Remark is something in a configuration that a recipe can't say, or that is wrong. It
// is an error where no recipe can be written, and else a note beside one.
type Remark struct {
	Line, Column int // from 1
	Text         string
	Remedy       string // may be empty
}

func (r *Remark) Error() string {
	text := fmt.Sprintf("%d:%d: %s", r.Line, r.Column, r.Text)
	if r.Remedy != "" {
		text += "; " + r.Remedy
	}
	return text
}

func remarkf(node *yaml.Node, remedy, format string, args ...any) *Remark {
	return &Remark{max(node.Line, 1), max(node.Column, 1), fmt.Sprintf(format, args...), remedy}
}

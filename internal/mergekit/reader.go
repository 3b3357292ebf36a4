package mergekit

import (
	"bytes"
	"errors"
	"io"
	"strconv"

	"github.com/hashicorp/go-multierror"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/recipetext"
	"gopkg.in/yaml.v3"
)

const (
	// SizeLimit bounds the file, in bytes: a configuration of a hundred models has a few kilobytes.
	SizeLimit = 1 << 20
	// stepLimit bounds what aliases can repeat.
	stepLimit = 1 << 17
	// listLimit bounds models and conditions, whose product the recipe's length is.
	listLimit = 1000
)

// reader walks a configuration's nodes and gathers what it has to say about them.
type reader struct {
	mistakes *multierror.Error
	file     string
	notes    []*fault.Fault
	noted    map[string]bool
	steps    int
}

// mistake gathers what is wrong at a node; the remedy may follow.
func (r *reader) mistake(node *yaml.Node, format string, args ...any) *fault.Fault {
	m := r.at(node, format, args...)
	r.mistakes = multierror.Append(r.mistakes, m)
	return m
}

// note gathers, once, what the recipe does not say as the configuration does.
func (r *reader) note(node *yaml.Node, format string, args ...any) *fault.Fault {
	n := r.at(node, format, args...)
	if said := n.Error(); !r.noted[said] {
		r.noted[said] = true
		r.notes = append(r.notes, n)
	}
	return n
}

func (r *reader) at(node *yaml.Node, format string, args ...any) *fault.Fault {
	return fault.At(fault.Position{File: r.file, Line: max(node.Line, 1), Column: max(node.Column, 1)}, format, args...)
}

// root decodes the file's first document; nil if there is none.
func (r *reader) root(source []byte) *yaml.Node {
	top := &yaml.Node{Line: 1, Column: 1}
	if len(source) > SizeLimit {
		r.mistake(top, "the file is larger than %d bytes", SizeLimit).Mend("name a configuration of mergekit")
		return nil
	}
	var document yaml.Node
	if err := yaml.NewDecoder(bytes.NewReader(source)).Decode(&document); errors.Is(err, io.EOF) {
		r.mistake(top, "the file is empty").Mend("name a configuration of mergekit")
		return nil
	} else if err != nil {
		r.mistakes = multierror.Append(r.mistakes, recipetext.NotYAML(r.file, source, err))
		return nil
	}
	return r.step(document.Content[0])
}

// step follows aliases, and counts: beyond the limit everything is empty.
func (r *reader) step(node *yaml.Node) *yaml.Node {
	for node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	r.steps++
	if r.steps == stepLimit {
		r.mistake(node, "the aliases of this file repeat more than %d values", stepLimit).Mend("write the values out")
	}
	if r.steps >= stepLimit {
		return &yaml.Node{Line: node.Line, Column: node.Column}
	}
	return node
}

// entry is a line of a table.
type entry struct {
	name       string
	key, value *yaml.Node
}

func (r *reader) table(node *yaml.Node, what string) []entry {
	if node.Kind != yaml.MappingNode {
		if r.steps < stepLimit && node.ShortTag() != "!!null" {
			r.mistake(node, "%s is not a table", what).Mend("write it as `name: value`")
		}
		return nil
	}
	var out []entry
	for i := 0; i+1 < len(node.Content) && r.steps < stepLimit; i += 2 {
		key := node.Content[i]
		out = append(out, entry{key.Value, key, r.step(node.Content[i+1])})
	}
	return out
}

func (r *reader) list(node *yaml.Node, what string) []*yaml.Node {
	if node.Kind != yaml.SequenceNode {
		if r.steps < stepLimit {
			r.mistake(node, "%s is not a list", what).Mend("write it with a dash before each entry")
		}
		return nil
	}
	if len(node.Content) > listLimit {
		r.mistake(node, "%s is a list of more than %d", what, listLimit).Mend("merge in several steps")
		return nil
	}
	var out []*yaml.Node
	for _, item := range node.Content {
		if r.steps < stepLimit {
			out = append(out, r.step(item))
		}
	}
	return out
}

func (r *reader) text(node *yaml.Node, what string) string {
	if node.Kind != yaml.ScalarNode {
		r.mistake(node, "%s is not a text", what).Mend("write a single value")
	}
	return node.Value
}

func (r *reader) truth(node *yaml.Node, name string) bool {
	var on bool
	if node.Kind != yaml.ScalarNode || node.Decode(&on) != nil {
		if n, err := strconv.ParseFloat(node.Value, 64); err == nil {
			return n != 0
		}
		r.mistake(node, "%s is neither true nor false", name).Mend("write true or false")
	}
	return on
}

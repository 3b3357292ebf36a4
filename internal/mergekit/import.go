package mergekit

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/recipetext"
)

// Options are what a recipe depends on beside the configuration.
type Options struct {
	File string // the configuration's path
	Dir  string // the folder that the recipe will lie in; empty for the current one
	// Modules lists the modules of the adapter at a path, as the configuration has it.
	Modules func(path string) ([]string, error)
	// Rank is the largest rank of the adapter at a path, 0 if it can't be opened. It
	// may be nil.
	Rank func(path string) int
}

// Import writes a configuration as a recipe, and notes what it could not carry over.
// The error gathers every Fault, such as what no recipe can say.
func Import(source []byte, options Options) (recipe []byte, notes []*fault.Fault, err error) {
	r := &reader{file: options.File, noted: make(map[string]bool)}
	c := r.config(source)
	if r.mistakes.ErrorOrNil() == nil {
		r.resolve(c)
	}
	plan, ok := methods[c.method]
	if !ok && r.mistakes.ErrorOrNil() == nil {
		r.mistake(c.methodAt, "can't import the merge method %q", c.method).Mend("known are " + strings.Join(methodNames(), ", "))
	}
	if r.mistakes.ErrorOrNil() != nil {
		return nil, nil, r.mistakes
	}
	w := &writer{reader: r, config: c, options: options, used: map[string]bool{}, own: map[string]bool{}, settings: map[*yaml.Node]setting{}}
	w.look()
	plan(w)
	w.unused()
	if r.mistakes.ErrorOrNil() != nil {
		return nil, nil, r.mistakes
	}
	recipe = w.text()
	return recipe, r.notes, nil
}

// resolve finds the adapters that models name.
func (r *reader) resolve(c *config) {
	if len(c.models) == 0 {
		r.mistake(c.root, "the configuration names no models").Mend("list the adapters under `models`")
	}
	if c.method != "slerp" && c.method != "linear" && c.method != "karcher" {
		c.models = slices.DeleteFunc(c.models, func(m model) bool { return m.reference == c.base })
	}
	c.named = c.base != ""
	taken := map[string]bool{"default": true, "modules": true, "layers": true} // words of its numbers
	for i := range c.models {
		m := &c.models[i]
		base, path, found := strings.Cut(m.reference, "+")
		if !found {
			path = base
		} else if c.base == "" {
			c.base = base
		} else if base != c.base && !strings.HasPrefix(c.base, base+"+") {
			r.note(m.node, "the adapter's base model %q is not the configuration's %q", base, c.base).Mend("check that they are the same model")
		}
		if name, revision, pinned := strings.Cut(path, "@"); pinned {
			r.note(m.node, "the revision %q is not carried over", revision).Mend("pin the file with `sha256` in the recipe")
			path = name
		}
		m.path, m.name = path, recipetext.Name(path, taken)
		if m.reference == c.base && (c.method == "linear" || c.method == "karcher") {
			r.mistake(m.node, "the base model is part of the mean, which an adapter can't represent").Mend("leave it out, and scale the other weights")
		}
	}
}

// seen is a path as the recipe writes it: mergekit's are relative to where it is
// started, a recipe's to its own folder.
func (o Options) seen(path string) string {
	if filepath.IsAbs(path) || strings.Contains(path, `\`) {
		return path
	}
	seen, err := recipetext.Path(o.Dir, path)
	if err != nil {
		return path
	}
	return seen
}

// Is reports whether a YAML file is a configuration of mergekit: each has its method at
// the top level, and none has stages, as recipes have.
func Is(source []byte) bool { return method.Match(source) && !stages.Match(source) }

var (
	method = regexp.MustCompile(`(?m)^["']?merge_method["']?[ \t]*:`)
	stages = regexp.MustCompile(`(?m)^["']?stages["']?[ \t]*:`)
)

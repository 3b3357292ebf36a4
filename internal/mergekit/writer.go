package mergekit

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/loramerge/loramerge/internal/recipetext"
)

// writer writes the recipe's stages and remembers which parameters went into them.
type writer struct {
	*reader
	config   *config
	options  Options
	modules  []string // of all adapters; nil if one of them can't be opened
	rank     int      // the largest of all adapters; 0 if that is not known
	stages   strings.Builder
	last     string
	used     map[string]bool
	own      map[string]bool        // those of them that each model may have its own value of
	settings map[*yaml.Node]setting // as read, without idle filters
}

// look lists the modules of the adapters, if they are at hand.
func (w *writer) look() {
	known := true
	for _, m := range w.config.models {
		names, err := w.options.Modules(m.path)
		if err != nil {
			w.note(m.node, "%q can't be opened: %v", m.path, err).Mend("put the adapter's folder there, or its path into the recipe")
			known = false
		}
		w.modules = append(w.modules, names...)
	}
	if !known {
		w.modules = nil
	}
	if !known || w.options.Rank == nil {
		return
	}
	for _, m := range w.config.models {
		w.rank = max(w.rank, w.options.Rank(m.path))
	}
}

// parameter finds a setting: the model's own, where no filter of it applies that of
// all, and then the default, which is nil for what must be given.
func (w *writer) parameter(name string, m *model, otherwise gradient) setting {
	w.used[name] = true
	node, what, s := w.config.root, w.config.method, setting{}
	if m != nil {
		w.own[name] = true
		node, what = m.node, m.name
		if e, own := m.parameters[name]; own {
			s = w.setting(e, name)
		}
	}
	if e, shared := w.config.parameters[name]; shared {
		s = s.or(w.setting(e, name))
	}
	if s = s.or(setting{otherwise: otherwise}); s.otherwise == nil {
		w.mistake(node, "%s has no %s", what, name).Mend("add it under `parameters`, or a condition without a filter")
		s.otherwise = gradient{0}
	}
	return s
}

// setting reads a setting once, however many models share it.
func (w *writer) setting(e entry, name string) setting {
	s, read := w.settings[e.value]
	if !read {
		s = w.reader.setting(e.value, name)
		s.cases = slices.DeleteFunc(s.cases, w.idle)
		w.settings[e.value] = s
	}
	return s
}

// idle reports whether a filter finds no module, which a recipe must not name.
func (w *writer) idle(c filtered) bool {
	if w.modules == nil || slices.ContainsFunc(w.modules, func(module string) bool { return strings.Contains(module+".weight", c.filter) }) {
		return false
	}
	w.note(c.node, "the filter %q is left out: no module of the adapters has such a name", c.filter)
	return true
}

// perAdapter writes a parameter of every model.
func (w *writer) perAdapter(name string, otherwise gradient) string {
	texts := make([]string, len(w.config.models))
	for i := range w.config.models {
		s := w.parameter(name, &w.config.models[i], otherwise)
		texts[i] = s.text()
	}
	if len(slices.Compact(slices.Clone(texts))) == 1 {
		return texts[0]
	}
	for i, m := range w.config.models {
		texts[i] = m.name + ": " + texts[i]
	}
	return "{" + strings.Join(texts, ", ") + "}"
}

func (w *writer) truth(name string, otherwise bool) bool {
	w.used[name] = true
	e, ok := w.config.parameters[name]
	if !ok {
		return otherwise
	}
	return w.reader.truth(e.value, name)
}

// unused notes the parameters that no stage took.
func (w *writer) unused() {
	note := func(p parameters, taken map[string]bool) {
		for _, name := range slices.Sorted(maps.Keys(p)) {
			if name == "int8_mask" {
				w.note(p[name].key, "int8_mask is not needed: masks are not stored")
			} else if !w.used[name] {
				w.note(p[name].key, "the parameter %s is not carried over: %s does not take it", name, w.config.method)
			} else if !taken[name] {
				w.note(p[name].key, "the parameter %s of one model is not carried over: %s takes one for all", name, w.config.method).
					Mend("write it under the configuration's own `parameters`")
			}
		}
	}
	note(w.config.parameters, w.used)
	for _, m := range w.config.models {
		note(m.parameters, w.own)
	}
}

// stage adds a stage, one parameter a line.
func (w *writer) stage(name, verb, from string, parameters ...string) {
	fmt.Fprintf(&w.stages, "  %s:\n    %s: %s\n", name, verb, from)
	for _, p := range parameters {
		fmt.Fprintf(&w.stages, "    %s\n", p)
	}
	w.last = name
}

// dtypes are those that a recipe saves.
var dtypes = []string{"float32", "float16", "bfloat16", "float64"}

func (w *writer) text() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# Imported from %s (%s) by `loramerge import`.\n", strconv.Quote(filepath.Base(w.options.File)), w.config.method)
	b.WriteString("# Like mergekit it merges what the adapters change, ΔW = s·B·A; one that lacks a module changes nothing there.\nversion: 1\n")
	if base := w.config.base; base != "" {
		fmt.Fprintf(&b, "base: %s\n", recipetext.Scalar(base))
	}
	b.WriteString("stages:\n  adapters:\n    load:\n")
	for _, m := range w.config.models {
		fmt.Fprintf(&b, "      %s: %s\n", m.name, recipetext.Scalar(w.options.seen(m.path)))
	}
	b.WriteString("  deltas:\n    delta: adapters\n" + w.stages.String())
	if w.rank > 0 {
		fmt.Fprintf(&b, "  # mergekit keeps a whole model. An adapter has a rank, here the inputs' own: a run says what that loses.\n  merged:\n    factor: %s\n    rank: %d\n", w.last, w.rank)
	} else {
		fmt.Fprintf(&b, "  # mergekit keeps a whole model. An adapter has a rank: write that of the inputs.\n  merged:\n    factor: %s\n    rank: 16\n", w.last)
	}
	b.WriteString("  out:\n    save: merged\n    to: out/merged\n")
	if slices.Contains(dtypes, w.config.dtype) {
		fmt.Fprintf(&b, "    dtype: %s\n", w.config.dtype)
	} else if w.config.dtype != "" {
		w.note(w.config.root, "the dtype %q is not carried over; the inputs' own is kept", w.config.dtype)
	}
	return []byte(b.String())
}

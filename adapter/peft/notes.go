package peft

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/printable"
)

// notes gathers what is worth knowing about the folder.
func (a *reader) notes() []adapter.Note {
	notes := append(a.configNotes(), a.tensorNotes()...)
	return append(notes, a.BesideNotes()...)
}

func (a *reader) configNotes() []adapter.Note {
	var notes []adapter.Note
	note := func(format string, args ...any) {
		notes = append(notes, adapter.Note{Text: fmt.Sprintf(format, args...), Page: "adapter-notes"})
	}
	if a.config.Base == nil || *a.config.Base == "" {
		note("names no base model")
	}
	if a.config.Alpha == 0 {
		note("lora_alpha is 0, so that the pairs have no effect")
	}
	empty := func(field string, names []string) {
		switch len(names) {
		case 0:
		case 1:
			note("%s names %q, which has no tensors", field, names[0])
		default:
			note("%s names %s, which have no tensors", field, quotedList(names))
		}
	}
	empty("target_modules", a.unreached(a.config.TargetModules.Names))
	empty("target_parameters", a.unreached(a.config.TargetParameters))
	empty("modules_to_save", slices.DeleteFunc(slices.Clone(a.config.ModulesToSave.Names), func(name string) bool {
		return a.any(func(m *adapter.Module) bool {
			return m.Form == adapter.Whole && strings.Contains("."+m.Name+".", "."+name+".")
		})
	}))
	for _, field := range a.config.unknownFields(nil) {
		note("%s sets %q, which this version does not know and does not carry over", ConfigFile, field)
	}
	return notes
}

func (a *reader) tensorNotes() []adapter.Note {
	var notes []adapter.Note
	note := func(format string, args ...any) {
		notes = append(notes, adapter.Note{Text: fmt.Sprintf(format, args...), Page: "adapter-notes"})
	}
	dtypes := make(map[adapter.DType]bool)
	ranks := 0
	for i := range a.Modules {
		m := &a.Modules[i]
		for _, tensor := range m.Tensors() {
			dtypes[tensor.DType] = true
		}
		if m.Form != adapter.Whole && m.LayerRank() != a.config.rank(adapter.LayerOf(m.Name)) {
			ranks++
		}
	}
	if ranks > 0 {
		note("%s %s another rank than %s says; the tensors' own rank is used", printable.Count(ranks, "module"), printable.Choose(ranks, "has", "have"), ConfigFile)
	}
	if len(dtypes) > 1 {
		note("mixes the dtypes %s", dtypeNames(dtypes))
	}
	if dtypes[adapter.F64] {
		note("holds float64, which is computed with in float32")
	}
	if k := parseKey(a.Store.Tensors()[0].Name); k.prefixes != 1 {
		note("keys have the prefix %q %d times", prefix, k.prefixes)
	}
	if a.wrapped != "" {
		note("keys contain the names of wrappers, which are left out, such as %q", a.wrapped)
	}
	if len(a.dropped) > 0 {
		note("has tensors that only training needs, which are left out, such as %q", a.dropped[0])
	}
	return notes
}

func dtypeNames(dtypes map[adapter.DType]bool) string {
	var names []string
	for dtype := range dtypes {
		names = append(names, dtype.String())
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// rank is what the configuration says of a module; its tensors may have another.
func (c *Config) rank(module string) int {
	if rank, ok := c.RankPattern.Lookup(module); ok {
		return int(rank)
	}
	return c.R
}

// unreached are the entries that reach none of the pairs. Mostly the
// first layers reach all of them, and the others need no look.
func (a *reader) unreached(names []string) []string {
	missing := make(map[string]bool)
	for _, name := range names {
		missing[name] = true
	}
	for i := 0; i < len(a.Modules) && len(missing) > 0; i++ {
		if m := &a.Modules[i]; m.Form != adapter.Whole {
			for tail := range tails(m.Name) {
				delete(missing, tail)
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !missing[name] })
}

func (a *reader) any(test func(*adapter.Module) bool) bool {
	for i := range a.Modules {
		if test(&a.Modules[i]) {
			return true
		}
	}
	return false
}

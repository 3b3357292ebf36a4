package peft

import (
	"encoding/json"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/jsonobject"
)

// tails are the entries of a target_modules list that reach a module, by PEFT's
// check_target_module_exists: its name, and what follows each of its dots.
func tails(module string) iter.Seq[string] {
	return func(yield func(string) bool) {
		module := adapter.LayerOf(module)
		for found := true; found && yield(module); {
			_, module, found = strings.Cut(module, ".")
		}
	}
}

// targetModules unites the inputs' lists, as far as their entries reach pairs that are
// held. An entry that would also reach modules which the output left out is replaced by
// the full names of those it holds; so is everything that only a regular expression, or
// a choice of layers, named.
func targetModules(inputs []*adapter.Adapter, modules []*adapter.Module) []string {
	return moduleEntries(inputs).heldBy(inputs, modules, func(f adapter.Form) bool { return f != adapter.Whole && f != adapter.Expert })
}

// targetParameters does the same for the lists of target_parameters.
func targetParameters(inputs []*adapter.Adapter, modules []*adapter.Module) []string {
	all := make(entrySet)
	for _, input := range inputs {
		for _, name := range ConfigOf(input).TargetParameters {
			all[name] = true
		}
	}
	return all.heldBy(inputs, modules, func(f adapter.Form) bool { return f == adapter.Expert })
}

// heldBy are the entries that reach modules of a form which are held, and none of the inputs'
// that is not.
func (s entrySet) heldBy(inputs []*adapter.Adapter, modules []*adapter.Module, form func(adapter.Form) bool) []string {
	held, out := make(map[string]bool), s
	for _, m := range modules {
		if form(m.Form) {
			held[m.Name] = true
		}
	}
	for _, input := range inputs {
		out.dropReachingOthers(input, held, form)
	}
	var fullNames []string
	used := make(entrySet)
	for name := range held {
		if !out.reaches(name) {
			fullNames = append(fullNames, name)
		}
		for tail := range tails(name) {
			if out[tail] {
				used[tail] = true
			}
		}
	}
	return slices.Sorted(slices.Values(append(fullNames, slices.Collect(maps.Keys(used))...)))
}

// entrySet holds entries of target_modules.
type entrySet map[string]bool

// moduleEntries are the names of the inputs' target_modules, as far as they mean the same in
// every layer; of an input in another format, those that would name its pairs.
func moduleEntries(inputs []*adapter.Adapter) entrySet {
	all := make(entrySet)
	for _, input := range inputs {
		if _, ours := input.Own.(*Config); !ours {
			for _, name := range adapter.TargetNames(pointers(input.Modules)) {
				all[name] = true
			}
			continue
		}
		if choosesLayers(ConfigOf(input).Raw["layers_to_transform"]) || jsonobject.IsSet(ConfigOf(input).Raw["exclude_modules"]) {
			continue
		}
		for _, name := range ConfigOf(input).TargetModules.Names {
			all[name] = true
		}
	}
	return all
}

// choosesLayers reads layers_to_transform: a list of layers or one, of which 0 is the first.
func choosesLayers(raw json.RawMessage) bool {
	_, isNumber := jsonobject.Value(raw).(float64)
	return isNumber || jsonobject.IsSet(raw)
}

// dropReachingOthers removes the entries that name a pair of the input which is not held.
func (s entrySet) dropReachingOthers(input *adapter.Adapter, held map[string]bool, form func(adapter.Form) bool) {
	for i := range input.Modules {
		if m := &input.Modules[i]; form(m.Form) && !held[adapter.LayerOf(m.Name)] {
			for tail := range tails(m.Name) {
				delete(s, tail)
			}
		}
	}
}

func (s entrySet) reaches(module string) bool {
	for tail := range tails(module) {
		if s[tail] {
			return true
		}
	}
	return false
}

func pointers(modules []adapter.Module) []*adapter.Module {
	out := make([]*adapter.Module, len(modules))
	for i := range modules {
		out[i] = &modules[i]
	}
	return out
}

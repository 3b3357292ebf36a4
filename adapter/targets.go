package adapter

import (
	"slices"
	"strings"
)

// targets tells whether an entry of a target_modules list names the module, as
// PEFT's check_target_module_exists does: equal, or the end of it after a dot.
func targets(entry, module string) bool {
	return module == entry || strings.HasSuffix(module, "."+entry)
}

// targetModules unites the inputs' lists. An entry that would also reach modules
// which the output left out is replaced by the full names of those it holds; so
// is everything that only a regular expression, or a choice of layers, named.
func targetModules(inputs []*Adapter, modules []*Module) []string {
	held := make(map[string]bool)
	for _, m := range modules {
		if m.Form != Whole {
			held[m.Name] = false
		}
	}
	var out []string
	for _, entry := range entries(inputs) {
		if reachesMissing(entry, inputs, held) {
			continue
		}
		out = append(out, entry)
		for name := range held {
			held[name] = held[name] || targets(entry, name)
		}
	}
	for name, covered := range held {
		if !covered {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// entries are the distinct names of the inputs' target_modules, as far as they
// mean the same in every layer.
func entries(inputs []*Adapter) []string {
	var all []string
	for _, input := range inputs {
		if isSet(input.Config.Raw["layers_to_transform"]) || isSet(input.Config.Raw["exclude_modules"]) {
			continue
		}
		all = append(all, input.Config.TargetModules.Names...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// reachesMissing tells whether the entry names a module of an input that the output does not hold.
func reachesMissing(entry string, inputs []*Adapter, held map[string]bool) bool {
	for _, input := range inputs {
		for i := range input.Modules {
			m := &input.Modules[i]
			if _, ok := held[m.Name]; !ok && m.Form != Whole && targets(entry, m.Name) {
				return true
			}
		}
	}
	return false
}

package stages

import (
	"regexp"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/peft"
	"github.com/loramerge/loramerge/recipe"
)

// folder is what a save would write, as its readers see it.
type folder struct {
	config        *peft.OutConfig
	pairs, wholes []*adapter.Module
	pending       bool     // a run has yet to choose ranks: those of the pairs are bounds
	limit         int      // max-lora-rank, or 0
	crosses       bool     // some input is of another format
	tasks         []string // task_type of the inputs, as far as it is known
}

// globs match modules, and nothing else of the folder.
func (f *folder) globs(modules []*adapter.Module) []string {
	dropped := make(map[string]bool)
	for _, m := range modules {
		dropped[m.Name] = true
	}
	var kept []string
	for _, m := range slices.Concat(f.pairs, f.wholes) {
		if !dropped[m.Name] {
			kept = append(kept, m.Name)
		}
	}
	reachesKept := make(map[string]bool) // by glob
	var out []string
	for _, m := range modules {
		found := m.Name
		for _, glob := range f.globsOf(m) {
			reaches, known := reachesKept[glob]
			if !known {
				if len(reachesKept) == mostTried {
					break
				}
				reaches = slices.ContainsFunc(kept, recipe.Glob{Pattern: glob}.Match)
				reachesKept[glob] = reaches
			}
			if !reaches {
				found = glob
				break
			}
		}
		out = append(out, found)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

var number = regexp.MustCompile(`\.\d+\.`)

// globsOf are globs for a module, the widest first: a pair by its name in all layers; a head by its module; another whole
// tensor by its last two parts, since norms and biases come in every layer, then by its
// first parts as well; an expert by the last parts of its parameter's name.
func (f *folder) globsOf(m *adapter.Module) []string {
	var out []string
	if m.Form == adapter.Expert {
		layer := adapter.LayerOf(m.Name)
		return append(out, lastParts(layer, 2), lastParts(layer, 3), layer)
	}
	if token, row := adapter.TokenOf(m.Name); row {
		return append(out, adapter.RowsGlob(lastParts(token.Layer, 1)), adapter.RowsGlob(token.Layer))
	}
	if m.Form != adapter.Whole {
		return []string{number.ReplaceAllString(m.Name, ".*.")}
	}
	for _, entry := range f.config.ModulesToSave {
		if peft.IsHead(entry, m.Name) {
			out = append(out, "*"+entry+".*")
		}
	}
	parts := strings.Split(m.Name, ".")
	last := lastParts(m.Name, 2)
	out = append(out, last)
	for n := 1; n < len(parts)-2; n++ {
		out = append(out, strings.Join(parts[:n], ".")+".*."+last)
	}
	return out
}

func lastParts(name string, n int) string {
	parts := strings.Split(name, ".")
	return strings.Join(parts[max(0, len(parts)-n):], ".")
}

// mostTried bounds the search for globs in a file whose names have nothing in common.
const mostTried = 1000

func pairsOf(modules []*adapter.Module) []*adapter.Module {
	return slices.DeleteFunc(slices.Clone(modules), func(m *adapter.Module) bool { return m.Form == adapter.Whole })
}

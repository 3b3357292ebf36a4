package peft

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/printable"
)

// baseLayer is what PEFT puts into the name of a module each time that it wraps it. It wraps a module
// once for every parameter that is trained (ParamWrapper), in the order in which the module has them: of two,
// MODULE.base_layer.lora_A is of the first.
const baseLayer = ".base_layer"

// parameterOrder is the order of parameters that modules of transformers have. Others are taken to be in the
// order of their names.
var parameterOrder = []string{"gate_up_proj", "gate_proj", "up_proj", "down_proj", "w1", "w2", "w3"}

// holder is a module with parameters that are trained, and their pairs, the outermost wrapper's first.
type holder struct {
	name       string
	parameters []string // in the module's order
	pairs      map[int]*adapter.Module
}

// unnested takes the name of a module apart that is wrapped several times.
func unnested(module string) (name string, level int) {
	for {
		inner, cut := strings.CutSuffix(module, baseLayer)
		if !cut {
			return module, level
		}
		module, level = inner, level+1
	}
}

// parametersOf are those of a module that entries of target_parameters name, in the module's order. PEFT
// looks for MODULE.PARAMETER to be an entry, or to end with a dot and one.
func parametersOf(module string, entries []string) []string {
	var found []string
	for _, entry := range entries {
		at := strings.LastIndexByte(entry, '.')
		if of := entry[:max(at, 0)]; of == "" || of == module || strings.HasSuffix(module, "."+of) {
			found = append(found, entry[at+1:])
		}
	}
	slices.SortFunc(found, compareParameters)
	return slices.Compact(found)
}

func compareParameters(x, y string) int {
	i, j := slices.Index(parameterOrder, x), slices.Index(parameterOrder, y)
	if i >= 0 && j >= 0 {
		return i - j
	}
	return strings.Compare(x, y)
}

// stackedPair is the pair of one parameter.
type stackedPair struct {
	*adapter.Module        // called like the parameter; its tensors as they are stored
	many            int    // experts
	holder          string // the module that has the parameter
}

func (s *stackedPair) out() int { return s.B.Shape[0] }
func (s *stackedPair) in() int  { return s.A.Shape[1] }

// parameters separates the pairs of target_parameters from other modules, and gives them the names of
// the parameters.
func (a *reader) parameters(found []adapter.Module) (modules, pairs []adapter.Module, _ error) {
	wrapped := func(m adapter.Module) bool { return m.Form == adapter.Linear && strings.HasSuffix(m.Name, baseLayer) }
	if len(a.config.TargetParameters) == 0 && !slices.ContainsFunc(found, wrapped) {
		return found, nil, nil
	}
	var all *multierror.Error
	holders := make(map[string]*holder)
	for i := range found {
		m := &found[i]
		name, level := unnested(m.Name)
		parameters := parametersOf(name, a.config.TargetParameters)
		switch {
		case m.Form != adapter.Linear || level == 0 && (len(parameters) == 0 || a.isModule(m)):
			modules = append(modules, *m)
		case len(parameters) == 0:
			all = multierror.Append(all, fault.In(a.Store.Path(), "module %q is that of a parameter, which target_parameters does not name", m.Name).
				Mend("copy "+ConfigFile+" from the adapter's source again").See("stacked-experts"))
		default:
			if holders[name] == nil {
				holders[name] = &holder{name, parameters, make(map[int]*adapter.Module)}
			}
			holders[name].pairs[level] = m
		}
	}
	for _, name := range slices.Sorted(maps.Keys(holders)) {
		h := holders[name]
		n := len(h.parameters)
		for i, parameter := range h.parameters {
			pair := h.pairs[n-1-i]
			if pair == nil || len(h.pairs) != n {
				all = multierror.Append(all, fault.In(a.Store.Path(), "module %q has %s, and target_parameters names %d of its parameters (%s)", name, printable.Count(len(h.pairs), "pair"), n, quotedList(h.parameters)).
					Mend("copy both files from the adapter's source again").See("stacked-experts"))
				break
			}
			pair.Name, pair.Form = name+"."+parameter, adapter.Expert
			pairs = append(pairs, *pair)
		}
	}
	return modules, pairs, all.ErrorOrNil()
}

// isModule reports whether a pair is one of target_modules, where target_parameters could be meant too: an
// entry without a dot reaches every module that has a parameter of that name.
func (a *reader) isModule(m *adapter.Module) bool {
	for tail := range tails(m.Name) {
		if slices.Contains(a.config.TargetModules.Names, tail) {
			return true
		}
	}
	named := slices.ContainsFunc(a.config.TargetParameters, func(entry string) bool {
		return strings.Contains(entry, ".") && len(parametersOf(m.Name, []string{entry})) > 0
	})
	return !named && len(m.A.Shape) > 0 && m.A.Shape[0] == a.config.rank(m.Name)
}

// parameterScale sets rank and scale of a parameter's pair, which has r rows for each expert. The number of
// experts is stored nowhere.
func (a *reader) parameterScale(m *adapter.Module) error {
	rows, rank := m.A.Shape[0], a.config.rank(m.Name)
	if rank < 1 || rows%rank != 0 {
		return fault.In(a.Store.Path(), "%q has %d rows for all experts, which are no multiple of its rank %d by %s", m.A.Name, rows, rank, ConfigFile).
			Mend("write the rank that it was trained with into r, or into rank_pattern under the parameter's name").See("stacked-experts")
	}
	m.Rank = rank
	return a.config.scale(a.Path, m)
}

// stacks counts the experts of each pair, which must be as many for all parameters of a module.
func (a *reader) stacks(pairs []adapter.Module) ([]*stackedPair, error) {
	const remedy = "write the ranks that they were trained with into r and rank_pattern of " + ConfigFile
	out, first, total := make([]*stackedPair, len(pairs)), make(map[string]*stackedPair), 0
	for i := range pairs {
		m := &pairs[i]
		holder, _ := splitParameter(m.Name)
		s := &stackedPair{m, m.A.Shape[0] / m.Rank, holder}
		out[i] = s
		if s.many == 1 {
			continue
		}
		if other := first[holder]; other != nil && other.many != s.many {
			return nil, fault.In(a.Store.Path(), "%q has %d experts by its rank %d, and %q has %d by its rank %d", other.Name, other.many, other.Rank, s.Name, s.many, s.Rank).
				Mend(remedy).See("stacked-experts")
		}
		first[holder] = s
		if total += s.many; total > adapter.MostExperts {
			return nil, fault.In(a.Store.Path(), "has more than %d experts by the ranks of %s", adapter.MostExperts, ConfigFile).Mend(remedy).See("stacked-experts")
		}
	}
	return out, nil
}

// takeApart gives the experts of stacks.
func takeApart(stacks []*stackedPair) []adapter.Module {
	var out []adapter.Module
	for _, s := range stacks {
		if s.many == 1 { // one matrix, which every release stores alike
			out = append(out, *s.Module)
			continue
		}
		for at := range s.many {
			expert := *s.Module
			expert.Name = adapter.PartName(s.Name, at, s.many)
			expert.A = s.A.Rows(adapter.PartName(s.A.Name, at, s.many), at, s.many)
			expert.B = s.B.Turn(adapter.PartName(s.B.Name, at, s.many), at, s.many)
			out = append(out, expert)
		}
	}
	return out
}

// experts reads the pairs of target_parameters, expert by expert.
func (a *reader) experts(pairs []adapter.Module, declared adapter.ExpertLayout) error {
	pairs, err := adapter.Complete(a.Store.Path(), pairs, a.parameterScale)
	if err != nil {
		return err
	}
	stacks, err := a.stacks(pairs)
	if err != nil {
		return err
	}
	a.Modules = append(a.Modules, takeApart(stacks)...)
	slices.SortFunc(a.Modules, func(x, y adapter.Module) int { return strings.Compare(x.Name, y.Name) })
	return a.findLayout(stacks, declared)
}

// parameterKeys are the names of PEFT's modules for parameters, by the parameters' names.
func parameterKeys(modules []*adapter.Module) map[string]string {
	byHolder := make(map[string][]string)
	for _, m := range modules {
		if m.Form == adapter.Expert {
			holder, parameter := splitParameter(m.Name)
			byHolder[holder] = append(byHolder[holder], parameter)
		}
	}
	keys := make(map[string]string)
	for holder, parameters := range byHolder {
		slices.SortFunc(parameters, compareParameters)
		for i, parameter := range parameters {
			keys[holder+"."+parameter] = holder + strings.Repeat(baseLayer, len(parameters)-1-i)
		}
	}
	return keys
}

func splitParameter(name string) (holder, parameter string) {
	at := strings.LastIndexByte(name, '.')
	if at < 0 {
		panic(fmt.Sprintf("peft: the parameter %q without a module", name))
	}
	return name[:at], name[at+1:]
}

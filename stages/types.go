package stages

import (
	"iter"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/recipe"
)

// Space says what the tensors of a module mean while they flow.
type Space uint8

const (
	// Factors: A [r, in] and B [out, r], handled separately, with the scale beside them.
	Factors Space = iota
	// Delta: ΔW = s·B·A [out, in], held as a product of thin matrices or dense.
	Delta
	// Core: M [≤ R, ≤ R] with ΔW = U·M·Vᵀ, in bases U and V that all the adapters share.
	Core
)

func (s Space) String() string { return [...]string{"factors", "delta", "core"}[s] }

// Type is what flows along an edge, as far as headers show: an ordered list of
// named adapters, all in one space.
type Type struct {
	Space Space
	Dense bool // of Delta: held element by element, not as a product
	// Bases is the stage that made the bases of Core: values of different bases don't meet.
	Bases   *recipe.Stage
	Members []Member
	// Sources are the folders that flow in, whose configurations a save carries on.
	Sources []*adapter.Adapter
}

// Member is one adapter of a Type.
type Member struct {
	Name    string
	Modules []*adapter.Module // by name
	Drops   int               // how often elements were dropped at random on its way from its load
}

// with copies a Member with other modules.
func (m Member) with(modules []*adapter.Module) Member {
	m.Modules = modules
	return m
}

// Names lists the adapters in order.
func (t Type) Names() []string {
	names := make([]string, len(t.Members))
	for i, m := range t.Members {
		names[i] = m.Name
	}
	return names
}

// Find gives the member's module of that name.
func (m Member) Find(module string) (*adapter.Module, bool) {
	i, ok := m.place(module)
	if !ok {
		return nil, false
	}
	return m.Modules[i], true
}

func (m Member) place(module string) (int, bool) {
	return slices.BinarySearchFunc(m.Modules, module, func(x *adapter.Module, name string) int {
		return strings.Compare(x.Name, name)
	})
}

// At visits the module in every member that has it, by the member's place in the Type.
// Members are mostly alike, so each is looked into first where the one before had it.
func (t Type) At(module string) iter.Seq2[int, *adapter.Module] {
	return func(yield func(int, *adapter.Module) bool) {
		place := 0
		for i, member := range t.Members {
			if place >= len(member.Modules) || member.Modules[place].Name != module {
				found, ok := member.place(module)
				if !ok {
					continue
				}
				place = found
			}
			if !yield(i, member.Modules[place]) {
				return
			}
		}
	}
}

// Union lists the names of all members' modules, sorted.
func (t Type) Union() []string {
	if len(t.Members) == 0 {
		return nil
	}
	names := t.Members[0].names(nil)
	alike := true
	for _, member := range t.Members[1:] {
		if !sameModules(member, t.Members[0]) {
			names, alike = member.names(names), false
		}
	}
	if alike {
		return names
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// names appends those of the modules.
func (m Member) names(to []string) []string {
	to = slices.Grow(to, len(m.Modules))
	for _, module := range m.Modules {
		to = append(to, module.Name)
	}
	return to
}

// sameModules reports whether two members hold modules of the same names.
func sameModules(x, y Member) bool {
	return slices.EqualFunc(x.Modules, y.Modules, func(a, b *adapter.Module) bool { return a == b || a.Name == b.Name })
}

// Pick narrows a Type to one of its adapters.
func (t Type) Pick(name string) (Type, bool) {
	i := slices.IndexFunc(t.Members, func(m Member) bool { return m.Name == name })
	if i < 0 {
		return Type{}, false
	}
	t.Members = t.Members[i : i+1]
	return t, true
}

// Depths are the numbers of a model's first and last layer, -1 where it has none.
type Depths struct{ first, last int }

// DepthsOf finds the depths among modules' names.
func DepthsOf(modules []string) Depths {
	d := Depths{-1, -1}
	for _, name := range modules {
		if at := depth(name); at >= 0 {
			if d.first < 0 || at < d.first {
				d.first = at
			}
			d.last = max(d.last, at)
		}
	}
	return d
}

// Site places a module in the model's depth: the first whole number in its name, the least at 0
// and the greatest at 1.
func (d Depths) Site(module string) recipe.Site {
	at := depth(module)
	site := recipe.Site{Module: module, HasDepth: at >= 0}
	if at > d.first && d.last > d.first {
		site.Depth = float64(at-d.first) / float64(d.last-d.first)
	}
	return site
}

// Sites places all modules of a model.
func Sites(modules []string) []recipe.Site {
	depths, sites := DepthsOf(modules), make([]recipe.Site, len(modules))
	for i, name := range modules {
		sites[i] = depths.Site(name)
	}
	return sites
}

// depth is the first part of the name that is a whole number, or -1.
func depth(module string) int {
	for part := range strings.SplitSeq(module, separator(module)) {
		if n := wholeNumber(part); n >= 0 {
			return n
		}
	}
	return -1
}

// separator is what lies between the parts of a module's name: dots, or in a name that has none,
// as kohya's sd-scripts write them, underscores.
func separator(module string) string {
	if strings.Contains(module, ".") {
		return "."
	}
	return "_"
}

// wholeNumber is that of the digits, or -1.
func wholeNumber(digits string) int {
	if digits == "" {
		return -1
	}
	n := 0
	for _, c := range digits {
		if c < '0' || c > '9' || n > 1<<20 {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	return n
}

// like copies a Type with other members.
func (t Type) like(members []Member) Type {
	t.Members = members
	return t
}

// Pairs is the Type without whole tensors.
func (t Type) Pairs() Type {
	members := slices.Clone(t.Members)
	for i, m := range members {
		members[i] = m.with(slices.DeleteFunc(slices.Clone(m.Modules), func(m *adapter.Module) bool { return m.Form == adapter.Whole }))
	}
	return t.like(members)
}

// one is a Type of a single adapter, made of all that flow in.
func (t Type) one(name string, modules []*adapter.Module) Type {
	made := Member{Name: name, Modules: modules}
	for _, m := range t.Members {
		made.Drops = max(made.Drops, m.Drops)
	}
	return t.like([]Member{made})
}

// pairs lists the names of all members' modules that are pairs, sorted.
func (t Type) pairs() []string {
	return slices.DeleteFunc(t.Union(), func(name string) bool {
		for _, m := range t.At(name) {
			return m.Form == adapter.Whole
		}
		return true
	})
}

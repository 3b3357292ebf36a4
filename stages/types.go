package stages

import (
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
)

func (s Space) String() string { return [...]string{"factors", "delta"}[s] }

// Type is what flows along an edge, as far as headers tell: an ordered list of
// named adapters, all in one space.
type Type struct {
	Space   Space
	Dense   bool // of Delta: held element by element, not as a product
	Members []Member
	// Sources are the folders that flow in, whose configurations a save carries on.
	Sources []*adapter.Adapter
}

// Member is one adapter of a Type.
type Member struct {
	Name    string
	Modules []*adapter.Module // by name
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
	i, ok := slices.BinarySearchFunc(m.Modules, module, func(x *adapter.Module, name string) int {
		return strings.Compare(x.Name, name)
	})
	if !ok {
		return nil, false
	}
	return m.Modules[i], true
}

// Union lists the names of all members' modules, sorted.
func (t Type) Union() []string {
	if len(t.Members) == 0 {
		return nil
	}
	var names []string
	for i, member := range t.Members {
		if i > 0 && sameModules(member, t.Members[0]) {
			continue
		}
		for _, m := range member.Modules {
			names = append(names, m.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// sameModules tells whether two members hold modules of the same names.
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

// Sites places the modules in the model's depth: the first whole number in a
// module's dotted name, the least at 0 and the greatest at 1.
func Sites(modules []string) []recipe.Site {
	sites := make([]recipe.Site, len(modules))
	depths := make([]int, len(modules))
	first, last := -1, -1
	for i, name := range modules {
		depths[i] = depth(name)
		if d := depths[i]; d >= 0 {
			if first < 0 || d < first {
				first = d
			}
			last = max(last, d)
		}
	}
	for i, name := range modules {
		sites[i] = recipe.Site{Module: name, HasDepth: depths[i] >= 0}
		if depths[i] > first {
			sites[i].Depth = float64(depths[i]-first) / float64(last-first)
		}
	}
	return sites
}

// depth is the first dotted part of the name that is a whole number, or -1.
func depth(module string) int {
	for part := range strings.SplitSeq(module, ".") {
		n := 0
		for _, c := range part {
			if c < '0' || c > '9' || n > 1<<20 {
				n = -1
				break
			}
			n = n*10 + int(c-'0')
		}
		if n >= 0 && part != "" {
			return n
		}
	}
	return -1
}

// like copies a Type with other members.
func (t Type) like(members []Member) Type {
	t.Members = members
	return t
}

// one is a Type of a single adapter.
func (t Type) one(name string, modules []*adapter.Module) Type {
	return t.like([]Member{{name, modules}})
}

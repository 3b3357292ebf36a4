package plan

import (
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/mapkeys"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

const (
	// mostIncluded bounds how many recipes a plan loads: by `set`, one recipe can be a
	// thousand.
	mostIncluded = 100
	// mostNested bounds how many loads lead to a recipe: nobody reviews a longer chain.
	mostNested = 16
)

// gathering makes the nodes of a recipe's stages, and of those stages of other recipes
// that they need.
type gathering struct {
	library  Library
	nodes    []*Node
	known    map[string]*Included // by label
	included []*Included
	mistakes *multierror.Error
}

// gather starts with the stages of own in the order of the file. Loads of other recipes
// follow by their names: which of several loads of one recipe its stages are named after
// must not depend on the order of lines.
func gather(own *Included, library Library) *gathering {
	g := &gathering{library: library, known: make(map[string]*Included)}
	for _, written := range own.Stages {
		g.enter(own, written)
	}
	for next := 0; next < len(g.nodes); {
		var loads []*Node
		for ; next < len(g.nodes); next++ {
			n := g.nodes[next]
			g.connect(n)
			if n.Verb != nil && n.Reuse != nil {
				loads = append(loads, n)
			}
		}
		slices.SortFunc(loads, func(x, y *Node) int { return strings.Compare(x.ID, y.ID) })
		for _, n := range loads {
			if err := g.load(n); err != nil {
				n.broken = true
				g.mistakes = multierror.Append(g.mistakes, err)
			}
		}
	}
	sortIncluded(g.included)
	return g
}

// enter makes the nodes of a stage, after expanding it.
func (g *gathering) enter(in *Included, written *recipe.Stage) {
	steps, err := stages.Expand(written)
	g.mistakes = multierror.Append(g.mistakes, err)
	for _, stage := range steps {
		n := &Node{Stage: stage, ID: in.Prefix + stage.Name, Recipe: in}
		if stage.Verb != nil {
			n.Kind, _ = stages.Find(stage.Verb.Name)
		}
		g.nodes = append(g.nodes, n)
		in.nodes[stage.Name] = n
	}
}

// node is that of a stage, which is needed from now on; nil if there is none.
func (g *gathering) node(in *Included, stage string) *Node {
	if in.nodes[stage] == nil && in.stages[stage] != nil {
		g.enter(in, in.stages[stage])
	}
	return in.nodes[stage]
}

// connect makes the slots: the inputs, and one for each stage that a parameter names.
func (g *gathering) connect(n *Node) {
	slot := func(refs []recipe.Reference) {
		var s Slot
		for _, ref := range refs {
			s = append(s, Edge{g.node(n.Recipe, ref.Stage), ref})
		}
		n.Slots = append(n.Slots, s)
	}
	if len(n.Inputs) > 0 {
		slot(n.Inputs)
	}
	if n.Params != nil {
		for _, refs := range n.Params.References() {
			slot(refs)
		}
	}
}

// load connects a load with the stage of another recipe.
func (g *gathering) load(n *Node) error {
	other, err := g.find(n)
	if err != nil {
		return err
	}
	ref := n.Reuse.Stage
	written, ok := other.stages[ref.Stage]
	if !ok {
		return recipe.UnknownName(ref.Position, "stage", ref.Stage, mapkeys.Sorted(other.stages), "is in "+other.path)
	}
	if written.Verb != nil && written.Verb.Ends() {
		return fault.At(ref.Position, "%q of %s is a stage of the verb %s, and nothing flows out of one", ref.Stage, other.path, written.Verb.Name).Mend("name the stage that flows into it")
	}
	n.Slots = []Slot{{Edge{g.node(other, ref.Stage), ref}}}
	if at, known := slices.BinarySearch(other.needed, ref.Stage); !known {
		other.needed = slices.Insert(other.needed, at, ref.Stage)
	}
	return nil
}

// find gives the recipe that a load names, read once for all loads that give its
// variables the same values.
func (g *gathering) find(n *Node) (*Included, error) {
	use, at := n.Reuse, n.Recipe.seen(n.Reuse.Path)
	if strings.Contains(at, "://") {
		return nil, fault.At(use.Position, "%q is a network address, and nothing is downloaded", use.Path).Mend("download it first, and load that file")
	}
	at = path.Clean(at)
	if way := n.Recipe.cycleTo(at, make(map[*Included]bool)); way != nil {
		return nil, fault.At(use.Position, "recipes load each other in a cycle: %s", strings.Join(append(way, at), " loads ")).Mend("put what both need into a third recipe")
	}
	label := (&Included{path: at, set: use.SetText()}).Label()
	if other := g.known[label]; other != nil {
		other.by = append(other.by, n.Recipe)
		return other, nil
	}
	return g.open(n, at, label)
}

func (g *gathering) open(n *Node, at, label string) (*Included, error) {
	switch {
	case n.Recipe.depth == mostNested:
		return nil, fault.At(n.Reuse.Position, "recipes load each other more than %d deep", mostNested).Mend("load what is needed from here")
	case len(g.included) == mostIncluded:
		return nil, fault.At(n.Reuse.Position, "more than %d recipes are loaded", mostIncluded).Mend("load fewer")
	}
	file := stages.Resolve(n.Recipe.dir, n.Reuse.Path)
	parsed, err := g.library(file, at, n.Reuse)
	if parsed == nil {
		return nil, err
	}
	g.mistakes = multierror.Append(g.mistakes, err)
	other := include(parsed, filepath.Dir(file))
	other.path, other.set, other.Prefix, other.depth, other.by = at, n.Reuse.SetText(), n.ID+"/", n.Recipe.depth+1, []*Included{n.Recipe}
	other.find = n.Recipe.find
	g.known[label] = other
	g.included = append(g.included, other)
	return other, nil
}

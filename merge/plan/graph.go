package plan

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/hashicorp/go-multierror"
	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// Edges are where a node's inputs come from, in the recipe's sense.
func (n *Node) Edges() []Edge { return slices.Concat(n.Slots...) }

func (n *Node) firstInput(test func(*Node) bool) *Node {
	for _, slot := range n.Slots {
		for _, edge := range slot {
			if edge.From != nil && test(edge.From) {
				return edge.From
			}
		}
	}
	return nil
}

// Upstream lists a node and all that flows into it, in the order of the plan.
func (n *Node) Upstream() []*Node {
	seen := map[*Node]bool{n: true}
	all := []*Node{n}
	for i := 0; i < len(all); i++ {
		for _, edge := range all[i].Edges() {
			if !seen[edge.From] {
				seen[edge.From] = true
				all = append(all, edge.From)
			}
		}
	}
	slices.SortFunc(all, func(x, y *Node) int { return x.Index - y.Index })
	return all
}

// Sinks are the nodes that save.
func (p *Plan) Sinks() []*Node {
	return slices.DeleteFunc(slices.Clone(p.Nodes), func(n *Node) bool { _, ok := n.Op.(stages.Sink); return !ok })
}

// Has reports whether a node's result has the module.
func (n *Node) Has(module string) bool {
	for range n.Out.At(module) {
		return true
	}
	return false
}

// Form lists the forms of the module in the members that have it; they agree.
func (n *Node) Form(module string) []adapter.Form {
	for _, m := range n.Out.At(module) {
		return []adapter.Form{m.Form}
	}
	return nil
}

// MeasureDepths finds the layers of a node's inputs.
func (n *Node) MeasureDepths() {
	if len(n.In) > 0 {
		n.Depths = stages.DepthsOf(n.In[0].Union())
	}
}

// Adapters lists those of all slots: a parameter may differ by the ones of any.
func (n *Node) Adapters() []string {
	var all []string
	for _, in := range n.In {
		all = append(all, in.Names()...)
	}
	return all
}

// Member is the one adapter that an edge brings.
func (e Edge) Member() stages.Member {
	t := e.From.Out
	if e.Adapter != "" {
		t, _ = t.Pick(e.Adapter)
	}
	return t.Members[0]
}

// Plan is a recipe whose every stage has been checked on headers. Close it.
type Plan struct {
	Recipe      *recipe.Recipe
	Nodes       []*Node // every stage after its inputs
	Scored      []*Scored
	Warnings    []*fault.Fault
	dir         string
	Included    []*Included // the other recipes that it loads
	Force       bool        // to replace what loramerge did not make
	Find        Finder      // as it was given
	basesDiffer bool        // and reported so already

	acknowledged []*fault.Fault             // warnings that their stages allow
	drawn        map[*recipe.Stage][]string // the names of all warnings, by the stages as they were written
}

// Node is a stage's place in the plan.
type Node struct {
	*recipe.Stage
	ID      string // in the plan: LOAD/STAGE of a stage of another recipe
	Kind    *stages.Kind
	In      []stages.Type // one for each slot of Slots
	Out     stages.Type
	Slots   []Slot
	claims  []stages.Claim // the base models of the adapters that lead here
	Recipe  *Included
	Depths  stages.Depths // of what flows in, which nothing that comes later changes
	Op      stages.Op
	Index   int
	broken  bool          // a mistake here or before is reported already
	Carries []carriedFile // of a save
}

// Slot is one input of a stage: adapters joined from one or more stages.
type Slot []Edge

// Edge is where a slot's adapters come from.
type Edge struct {
	From *Node
	recipe.Reference
}

// String names it as the plan does; the Reference alone, as its recipe does.
func (e Edge) String() string {
	return recipe.Reference{Stage: e.From.ID, Adapter: e.Adapter}.String()
}

// checkFlows refuses inputs that give scores and no adapters.
func (s Slot) checkFlows() error {
	var all *multierror.Error
	for _, edge := range s {
		if edge.From.Kind.Scores {
			all = multierror.Append(all, fault.At(edge.Position, "stage %q gives scores, and no adapter flows out of it", edge.Stage).
				Mend("name the stage that it scores: "+edge.From.InputsText()))
		}
	}
	return all.ErrorOrNil()
}

// Join puts the adapters of a slot's edges into one list.
func (s Slot) Join() (stages.Type, error) {
	var out stages.Type
	var all *multierror.Error
	names := make(map[string]recipe.Reference)
	for i, edge := range s {
		t := edge.From.Out
		if edge.Adapter != "" {
			picked, ok := t.Pick(edge.Adapter)
			if !ok {
				all = multierror.Append(all, recipe.UnknownName(edge.Position, "adapter", edge.Adapter, t.Names(), "flows out of stage "+edge.Reference.Stage))
				continue
			}
			t = picked
		}
		if i == 0 {
			out.Space, out.Dense, out.Bases = t.Space, t.Dense, t.Bases
		} else if t.Space != out.Space {
			all = multierror.Append(all, fault.At(edge.Position, "%q is in the space %s, the inputs before it in %s", edge.Reference, t.Space, out.Space).
				Mend("bring all into one space with `delta` or `factor`").See("spaces"))
		}
		if t.Bases != out.Bases && t.Space == out.Space {
			all = multierror.Append(all, fault.At(edge.Position, "%q has the bases of stage %q, the inputs before it those of %q", edge.Reference, t.Bases.Name, out.Bases.Name).
				Mend("take all adapters into the core space in one stage, such as `{core: [a, b]}`").See("spaces"))
		}
		for _, name := range t.Names() {
			if first, twice := names[name]; twice {
				all = multierror.Append(all, fault.At(edge.Position, "two inputs are called %q: one from %s, one from %s", name, first, edge.Reference).
					Mend("load one of them under another name"))
			}
			names[name] = edge.Reference
		}
		out.Dense = out.Dense || t.Dense
		out.Members = append(out.Members, t.Members...)
		out.Sources = append(out.Sources, t.Sources...)
	}
	return out, all.ErrorOrNil()
}

// Spec is what the node's Op is bound from.
func (n *Node) Spec() stages.Spec {
	return stages.Spec{Stage: n.Stage, Recipe: n.Recipe.Recipe, Dir: n.Recipe.dir, In: n.In, Find: n.Recipe.find}
}

// Close closes every file that planning opened.
func (p *Plan) Close() error {
	var all *multierror.Error
	for _, n := range p.Nodes {
		if source, ok := n.Op.(stages.Source); ok {
			for _, opened := range source.Adapters() {
				if err := opened.Close(); err != nil {
					all = multierror.Append(all, fmt.Errorf("%s: %w", opened.Path, err))
				}
			}
		}
	}
	return all.ErrorOrNil()
}

// Options are what planning depends on beside the recipe.
type Options struct {
	// Force allows a save to replace a folder that loramerge did not make.
	Force bool
	// Vars are values for variables of the recipe, instead of their defaults.
	Vars map[string]string
	// Library finds the recipes that are loaded; nil for the files as they are.
	Library Library
	// Find finds what stages name by references; nil where they may name none.
	Find Finder
}

// Included is a recipe whose stages are in the plan: the plan's own, or one that is loaded.
type Included struct {
	*recipe.Recipe
	path   string   // seen from the plan's own recipe
	set    string   // the values that were given to its variables, as the language has them
	dir    string   // that its paths are relative to
	needed []string // the stages that loads name, sorted
	Prefix string   // of the names that its stages have in the plan
	depth  int      // how many loads lead to it
	by     []*Included
	nodes  map[string]*Node // by the names that stages have in the recipe, as far as they are needed
	stages map[string]*recipe.Stage
	find   func(reference, file string) (stages.Found, error)
}

// carriedFile is a file that a save copies as it is out of an input's folder.
type carriedFile struct{ Name, folder, Label string }

func (c carriedFile) Path() string { return filepath.Join(c.folder, c.Name) }

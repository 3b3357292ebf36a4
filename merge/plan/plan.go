package plan

import (
	"fmt"
	"path/filepath"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// Plan is a recipe whose every stage has been checked on headers. Close it.
type Plan struct {
	Recipe      *recipe.Recipe
	Nodes       []*Node // every stage after its inputs
	Warnings    []*fault.Fault
	dir         string
	Included    []*Included // the other recipes that it loads
	Force       bool        // to replace what loramerge did not make
	basesDiffer bool        // a mistake says so already
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

// Options are what planning depends on beside the recipe.
type Options struct {
	// Force allows a save to replace a folder that loramerge did not make.
	Force bool
	// Vars are values for variables of the recipe, instead of their defaults.
	Vars map[string]string
	// Library finds the recipes that are loaded; nil for the files as they are.
	Library Library
}

// Load reads, parses and plans the recipe at path. All its mistakes come at once.
func Load(path string, options Options) (*Plan, error) {
	source, err := ReadRecipe(path)
	if err != nil {
		return nil, err
	}
	parsed, mistakes := recipe.ParseWith(path, source, stages.Verbs(), options.Vars)
	plan, more := New(parsed, filepath.Dir(path), options)
	if all := multierror.Append(mistakes, more).ErrorOrNil(); all != nil {
		plan.Close()
		return nil, all
	}
	return plan, nil
}

// New plans a recipe whose paths are relative to dir. The Plan is never nil: with
// an error it holds what could be planned. Stages that could not be read, and what
// follows from them, are passed over in silence, since their mistakes are known.
func New(r *recipe.Recipe, dir string, options Options) (*Plan, error) {
	if options.Library == nil {
		options.Library = onDisk
	}
	own := include(r, dir)
	own.path = filepath.ToSlash(filepath.Base(r.File))
	g := gather(own, options.Library)
	p := &Plan{Recipe: r, dir: dir, Included: g.included, Force: options.Force}
	nodes, err := sorted(g.nodes)
	p.Nodes = nodes
	all := multierror.Append(nil, g.mistakes, err)
	for i, n := range p.Nodes {
		n.Index = i
		if err := p.check(n); err != nil {
			n.broken = true
			all = multierror.Append(all, err)
		}
	}
	all = multierror.Append(all, p.checkTargets(options), p.checkCarried())
	if all.ErrorOrNil() == nil {
		p.warn()
	}
	return p, dedupe(all.ErrorOrNil())
}

// check gives a node its types.
func (p *Plan) check(n *Node) error {
	n.gatherClaims()
	if mistake := p.checkBase(n); mistake != nil && n.Verb != nil {
		n.broken = true
		if p.basesDiffer {
			return nil // one line mends them all
		}
		p.basesDiffer = true
		return mistake
	}
	if n.broken = n.broken || n.Verb == nil || anyBroken(n); n.broken {
		return nil
	}
	var all *multierror.Error
	for _, slot := range n.Slots {
		joined, err := slot.Join()
		all = multierror.Append(all, err)
		n.In = append(n.In, joined)
	}
	n.MeasureDepths()
	if all.ErrorOrNil() != nil {
		return all
	}
	op, out, err := n.Kind.Bind(n.Spec())
	n.Op, n.Out = op, out
	if len(n.Slots) == 0 {
		n.gatherClaims()
	}
	n.Out.Sources = sources(n)
	return err
}

// Spec is what the node's Op is bound from.
func (n *Node) Spec() stages.Spec {
	return stages.Spec{Stage: n.Stage, Recipe: n.Recipe.Recipe, Dir: n.Recipe.dir, In: n.In}
}

func anyBroken(n *Node) bool {
	for _, slot := range n.Slots {
		for _, edge := range slot {
			if edge.From == nil || edge.From.broken {
				return true
			}
		}
	}
	return false
}

// sources are the folders that flow into a node, each once.
func sources(n *Node) []*adapter.Adapter {
	if len(n.Slots) == 0 {
		return n.Out.Sources
	}
	seen := make(map[*adapter.Adapter]bool)
	var out []*adapter.Adapter
	for _, in := range n.In {
		for _, s := range in.Sources {
			if !seen[s] {
				seen[s] = true
				out = append(out, s)
			}
		}
	}
	return out
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

package plan

import (
	"path/filepath"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/recipe"
)

// Load reads, parses and plans the recipe at path. All its mistakes come at once.
func Load(path string, options Options) (*Plan, error) {
	source, err := ReadRecipe(path)
	if err != nil {
		return nil, err
	}
	return LoadText(path, source, filepath.Dir(path), options)
}

// LoadText parses and plans a recipe that does not come from a file of its name, as from standard input;
// its paths are relative to dir. All its mistakes come at once.
func LoadText(name string, source []byte, dir string, options Options) (*Plan, error) {
	parsed, mistakes := ParseRecipe(name, source, options.Vars)
	if parsed == nil {
		return nil, mistakes
	}
	plan, more := New(parsed, dir, options)
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
	g := gather(newOwn(r, dir, options), options.library())
	p := &Plan{Recipe: r, dir: dir, Included: g.included, Force: options.Force, Find: options.Find}
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
	all = multierror.Append(all, p.checkTargets(options), p.checkCarried(), p.checkAllowed(), p.show())
	if all.ErrorOrNil() == nil {
		p.gatherWarnings()
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
	if mistake := p.checkNaming(n); mistake != nil {
		n.broken = true
		return mistake
	}
	var all *multierror.Error
	for _, slot := range n.Slots {
		all = multierror.Append(all, slot.checkFlows())
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

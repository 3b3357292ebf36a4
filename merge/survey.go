package merge

import (
	"context"
	"slices"

	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// survey lets every stage that must see whole adapters see them, inputs first, and
// goes on with a plan in which those stages know what they need.
func (r *run) survey(ctx context.Context) error {
	for i := range r.plan.Nodes {
		surveyor, ok := r.plan.Nodes[i].stage.(stages.Surveyor)
		if !ok {
			continue
		}
		survey := surveyor.Survey()
		if survey == nil {
			continue
		}
		settled, err := r.conduct(ctx, r.plan.Nodes[i], survey)
		if err != nil {
			return err
		}
		if ranksOpen(r.plan.Nodes[i].Out) {
			r.ranked = append(r.ranked, i)
		}
		if r.plan, err = r.plan.settle(i, settled); err != nil {
			return err
		}
	}
	return nil
}

// conduct shows a survey, and those that follow from it, all modules of a node's inputs,
// but for those whose findings are in the cache.
func (r *run) conduct(ctx context.Context, n *Node, survey stages.Survey) (settled stages.Stage, err error) {
	for survey != nil {
		found := r.findingsOf(n, survey)
		left, err := found.recall(ctx, r.plan.work([]*Node{n}, true))
		if err != nil {
			return nil, err
		}
		err = r.over(ctx, left, true, func(_ *Node, site recipe.Site, in []stages.Value) error {
			at := r.at(site)
			at.Space = n.In[0].Space
			if survey.Observe(ctx, at, in); ctx.Err() != nil {
				return ctx.Err()
			}
			return found.keep(ctx, site)
		})
		if err != nil {
			return nil, err
		}
		settled, survey = survey.Conclude()
	}
	return settled, nil
}

// settle is the plan with another stage at a node, whose types then hold from there
// on. The plan itself stays as it is, so that it can be run again.
func (p *Plan) settle(index int, settled stages.Stage) (*Plan, error) {
	out := p.copy()
	out.Nodes[index].stage, out.Nodes[index].settled = settled, true
	for _, n := range out.Nodes[index:] {
		if _, source := n.stage.(stages.Source); !source {
			if err := out.retype(n); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// retype gives a node its types anew, and a stage of its own: the old one belongs to
// the plan as it was.
func (p *Plan) retype(n *Node) error {
	if !n.settled {
		n.stage = n.Kind.New(n.setting())
	}
	n.In = nil
	for _, slot := range n.Slots {
		joined, err := slot.join()
		if err != nil {
			return err
		}
		n.In = append(n.In, joined)
	}
	n.measureDepths()
	sources := n.Out.Sources
	out, err := n.stage.Check(n.In)
	n.Out = out
	n.Out.Sources = sources
	return err
}

// copy is a plan with nodes of its own, and the stages of p.
func (p *Plan) copy() *Plan {
	out := *p
	out.passed = nil
	out.Nodes = make([]*Node, len(p.Nodes))
	for i, n := range p.Nodes {
		copied := *n
		copied.Slots = make([]Slot, len(n.Slots))
		for s, slot := range n.Slots {
			for _, edge := range slot {
				copied.Slots[s] = append(copied.Slots[s], Edge{out.Nodes[edge.From.index], edge.Reference})
			}
		}
		out.Nodes[i] = &copied
	}
	return &out
}

// settledWarnings are those that only the run could tell: it has chosen ranks since.
func (r *run) settledWarnings(known []*recipe.Mistake) []error {
	settled := r.plan.copy()
	settled.Warnings = nil
	settled.Nodes = slices.DeleteFunc(settled.Nodes, func(n *Node) bool { return n.beside })
	settled.warn()
	var fresh []error
	for _, w := range settled.Warnings {
		same := func(other *recipe.Mistake) bool { return other.Position == w.Position && other.Text == w.Text }
		if !slices.ContainsFunc(known, same) {
			fresh = append(fresh, w)
		}
	}
	return fresh
}

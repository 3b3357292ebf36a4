package run

import (
	"context"
	"slices"

	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// survey lets every stage that must see whole adapters see them, inputs first, and
// goes on with a plan in which those stages know what they need.
func (r *run) survey(ctx context.Context) error {
	for i := range r.plan.Nodes {
		surveyor, ok := r.plan.Nodes[i].Op.(stages.Surveyor)
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
		if r.plan, err = settle(r.plan, i, settled); err != nil {
			return err
		}
	}
	return nil
}

// conduct shows a survey, and those that follow from it, all modules of a node's inputs,
// but for those whose findings are in the cache.
func (r *run) conduct(ctx context.Context, n *plan.Node, survey stages.Survey) (settled stages.Op, err error) {
	for survey != nil {
		found := r.findingsOf(n, survey)
		left, err := found.recall(ctx, workOf(r.plan, []*plan.Node{n}, true))
		if err != nil {
			return nil, err
		}
		err = r.over(ctx, left, true, func(_ *plan.Node, site recipe.Site, in []stages.Value) error {
			env := r.at(site)
			env.Space = n.In[0].Space
			if survey.Observe(ctx, env, in); ctx.Err() != nil {
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
func settle(p *plan.Plan, index int, settled stages.Op) (*plan.Plan, error) {
	out := copyOf(p)
	out.Nodes[index].Op, out.Nodes[index].Settled = settled, true
	for _, n := range out.Nodes[index:] {
		if _, source := n.Op.(stages.Source); !source {
			if err := retype(out, n); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// retype gives a node its types anew, and a stage of its own: the old one belongs to
// the plan as it was.
func retype(p *plan.Plan, n *plan.Node) error {
	if !n.Settled {
		n.Op = n.Kind.New(n.Setting())
	}
	n.In = nil
	for _, slot := range n.Slots {
		joined, err := slot.Join()
		if err != nil {
			return err
		}
		n.In = append(n.In, joined)
	}
	n.MeasureDepths()
	sources := n.Out.Sources
	out, err := n.Op.Check(n.In)
	n.Out = out
	n.Out.Sources = sources
	return err
}

// copyOf is a plan with nodes of its own, and the stages of p.
func copyOf(p *plan.Plan) *plan.Plan {
	out := *p
	out.Passed = nil
	out.Nodes = make([]*plan.Node, len(p.Nodes))
	for i, n := range p.Nodes {
		copied := *n
		copied.Slots = make([]plan.Slot, len(n.Slots))
		for s, slot := range n.Slots {
			for _, edge := range slot {
				copied.Slots[s] = append(copied.Slots[s], plan.Edge{From: out.Nodes[edge.From.Index], Reference: edge.Reference})
			}
		}
		out.Nodes[i] = &copied
	}
	return &out
}

// settledWarnings are those that only the run could tell: it has chosen ranks since.
func (r *run) settledWarnings(known []*recipe.Mistake) []error {
	settled := copyOf(r.plan)
	settled.Warnings = nil
	settled.Nodes = slices.DeleteFunc(settled.Nodes, func(n *plan.Node) bool { return n.Beside })
	settled.Warn()
	var fresh []error
	for _, w := range settled.Warnings {
		same := func(other *recipe.Mistake) bool { return other.Position == w.Position && other.Text == w.Text }
		if !slices.ContainsFunc(known, same) {
			fresh = append(fresh, w)
		}
	}
	return fresh
}

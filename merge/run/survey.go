package run

import (
	"context"
	"slices"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// survey lets every stage that must see whole adapters see them, inputs first, and
// settles what it finds in the run's graph.
func (r *run) survey(ctx context.Context) error {
	for n, survey := range r.graph.surveyors() {
		op, out, err := r.found(ctx, n, survey)
		if err != nil {
			return err
		}
		if err := r.settle(n, op, out); err != nil {
			return err
		}
	}
	return nil
}

// recallSurveys settles what surveys have found where the cache has it, and leaves the others.
func (r *run) recallSurveys(ctx context.Context) {
	for n := range r.graph.surveyors() {
		if _, op, out, err := r.recallFindings(ctx, n); err == nil && op != nil {
			_ = r.settle(n, op, out)
		}
	}
}

func (r *run) settle(n *node, op stages.Op, out stages.Type) error {
	if ranksPending(n.Out) {
		r.ranked = append(r.ranked, n)
	}
	return r.graph.settle(n, op, out)
}

// runSurvey shows a survey, and those that follow from it, all modules of a node's inputs.
func (r *run) runSurvey(ctx context.Context, n *node, survey stages.Survey) (op stages.Op, out stages.Type, err error) {
	for survey != nil {
		if deriver, ok := survey.(stages.Deriver); ok {
			if combination, by := r.graph.combination(n); by != nil {
				deriver.Derive(combination, by.Depths.Site)
			}
		}
		err := r.each(ctx, []*node{n}, true, func(_ *node, site recipe.Site, in []stages.Value) error {
			env := r.at(site)
			env.Space = n.In[0].Space
			survey.Observe(ctx, env, in)
			return ctx.Err()
		})
		if err != nil {
			return nil, out, err
		}
		if r.options.Progress != nil {
			r.keptBy(n)
		}
		if op, out, survey, err = survey.Conclude(); err != nil {
			return nil, out, err
		}
	}
	return op, out, nil
}

// settledWarnings are those that the plan could not know: of stages that surveys have
// settled, and of those that their ranks flow into.
func (r *run) settledWarnings() []error {
	var fresh []error
	known := slices.Clone(r.plan.Warnings)
	isKnown := func(w *fault.Fault) bool {
		return slices.ContainsFunc(known, func(other *fault.Fault) bool { return other.Position == w.Position && other.Text == w.Text })
	}
	for _, n := range r.graph.nodes[:len(r.plan.Nodes)] {
		for _, w := range plan.WarningsOf(n.Op) {
			if !isKnown(w) && !n.Allows(w.Page) {
				known, fresh = append(known, w), append(fresh, w)
			}
		}
	}
	return fresh
}

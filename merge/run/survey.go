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
		if err := r.surveyAt(ctx, n, survey, r.showSurvey); err != nil {
			return err
		}
	}
	return nil
}

// recallSurveys settles what surveys find if all of it is in the cache, and leaves the others.
func (r *run) recallSurveys(ctx context.Context) {
	if r.keeper.cache == nil {
		return
	}
	for n, survey := range r.graph.surveyors() {
		_ = r.surveyAt(ctx, n, survey, func(_ context.Context, _ *node, _ stages.Survey, _ *findings, left []work) error {
			if len(left) > 0 {
				return errUnread
			}
			return nil
		})
	}
}

// surveyAt settles a node by its survey. What of that the cache lacks is left to show.
func (r *run) surveyAt(ctx context.Context, n *node, survey stages.Survey, show showing) error {
	pending := ranksPending(n.Out)
	op, out, err := r.runSurvey(ctx, n, survey, show)
	if err != nil {
		return err
	}
	if pending {
		r.ranked = append(r.ranked, n)
	}
	return r.graph.settle(n, op, out)
}

// showing shows a survey the modules that are left.
type showing func(ctx context.Context, n *node, survey stages.Survey, found *findings, left []work) error

// showSurvey computes what flows into a node, shows it to the survey and keeps what that finds.
func (r *run) showSurvey(ctx context.Context, n *node, survey stages.Survey, found *findings, left []work) error {
	return r.over(ctx, left, true, func(_ *node, site recipe.Site, in []stages.Value) error {
		env := r.at(site)
		env.Space = n.In[0].Space
		if survey.Observe(ctx, env, in); ctx.Err() != nil {
			return ctx.Err()
		}
		return found.keep(ctx, site)
	})
}

// runSurvey shows a survey, and those that follow from it, all modules of a node's inputs,
// except those whose findings are in the cache.
func (r *run) runSurvey(ctx context.Context, n *node, survey stages.Survey, show showing) (op stages.Op, out stages.Type, err error) {
	for survey != nil {
		if deriver, ok := survey.(stages.Deriver); ok {
			if combination, by := r.graph.combination(n); by != nil {
				deriver.Derive(combination, by.Depths.Site)
			}
		}
		found := r.findingsOf(n, survey)
		left, err := found.recall(ctx, r.graph.workOf([]*node{n}, true))
		if err != nil {
			return nil, out, err
		}
		if err := show(ctx, n, survey, found, left); err != nil {
			return nil, out, err
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
			if !isKnown(w) {
				known, fresh = append(known, w), append(fresh, w)
			}
		}
	}
	return fresh
}

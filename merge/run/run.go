package run

import (
	"context"
	"slices"

	"github.com/loramerge/loramerge/merge/plan"
)

// Run runs the plan. Every output is whole or not there: an older one stays in its place until
// the new one is complete. A cancelled context stops it soon. What does not fit into the memory
// is refused before any work. The package's comment gives the order of what happens.
func Run(ctx context.Context, p *plan.Plan, options Options) (*Result, error) {
	options = options.Filled()
	began := options.Clock()
	r, err := open(ctx, p, options, everything)
	if err != nil {
		return nil, err
	}
	if r.lock.upToDate(ctx) && (r.scores == nil || r.options.NoEvaluate || r.scores.complete()) {
		return r.upToDate(ctx)
	}
	r.foresee(ctx)
	warnings, err := r.prepare(ctx)
	if err != nil {
		return nil, err
	}
	result, err := r.save(ctx)
	if err != nil {
		return nil, err
	}
	result.Stages, result.Time = r.keeper.stats(r.graph), r.options.Clock()-began
	result.Rates = r.pace.rates(result.Time-r.scoring, r.options.Jobs)
	result.Warnings = slices.Concat(warnings, result.Warnings, r.keeper.end(r.options.CacheSize))
	return result, nil
}

// open begins a run, and finds out what the lock allows and which scores are known.
func open(ctx context.Context, p *plan.Plan, options Options, ask Ask) (*run, error) {
	held, err := openLock(ctx, p, options)
	if err != nil {
		return nil, err
	}
	if err := fits(graphFor(p, ask), options, held.digests); err != nil {
		return nil, err
	}
	r := begin(p, options)
	r.graph, r.lock = graphFor(p, ask), held
	if len(p.Scored) == 0 {
		return r, nil
	}
	if r.scores, err = newScores(ctx, held, options, ask); err != nil {
		return nil, err
	}
	if err := r.scores.recallAll(held.path); err != nil {
		return nil, err
	}
	return r, r.scores.checkAllowed(false)
}

// prepare does the surveys, and settles how the work is done with what they have found. Its warnings
// are those that the plan could not give.
func (r *run) prepare(ctx context.Context) (warnings []error, err error) {
	r.graph.contrast(r.options.Measure) // before all that goes by the nodes, to which it adds
	r.keeper.begin(r.graph, r.options, r.lock.digests)
	if err := r.survey(ctx); err != nil {
		return nil, err
	}
	warnings = r.settledWarnings()
	// What follows depends on the Ops that surveys have settled.
	r.measures.begin(r.graph, r.options.Measure)
	r.graph.fuse(r.keeper.kept, r.measures.crossed)
	r.sizings = r.graph.sizings(r.options.Measure)
	return warnings, r.recallSizes(ctx)
}

// upToDate is the result of a run that finds all that it would make.
func (r *run) upToDate(ctx context.Context) (*Result, error) {
	result := &Result{UpToDate: true}
	if r.scores == nil || r.options.NoEvaluate {
		return result, nil
	}
	r.lock.now.Outputs = r.lock.old.Outputs
	if err := r.score(ctx, nil, ""); err != nil {
		return nil, err
	}
	if err := r.judge(result); err != nil {
		return nil, err
	}
	r.conclude(result)
	return result, nil
}

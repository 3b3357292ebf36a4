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
	if err := Fits(p, options); err != nil {
		return nil, err
	}
	held, err := openLock(ctx, p, options)
	if err != nil {
		return nil, err
	}
	r := begin(p, options)
	r.lock = held
	if len(p.Scored) > 0 {
		if r.scores, err = newScores(ctx, held, options); err != nil {
			return nil, err
		}
		if err := r.scores.checkAllowed(false); err != nil {
			return nil, err
		}
	}
	if held.upToDate(ctx) && (r.scores == nil || options.NoEvaluate || r.scores.complete()) {
		return r.upToDate(ctx)
	}
	r.graph.contrast(options.Measure) // before all that goes by the nodes, to which it adds
	r.keeper.begin(r.graph, options.Cache, options.CacheMode)
	if err := r.survey(ctx); err != nil {
		return nil, err
	}
	warnings := r.settledWarnings()
	// What follows depends on the Ops that surveys have settled.
	r.measures.begin(r.graph, options.Measure)
	r.graph.fuse(r.keeper.kept, r.measures.crossed)
	r.sizings = r.graph.sizings(options.Measure)
	if err := r.recallSizes(ctx); err != nil {
		return nil, err
	}
	result, err := r.save(ctx)
	if err != nil {
		return nil, err
	}
	result.Stages = r.keeper.stats(r.graph)
	result.Warnings = slices.Concat(warnings, result.Warnings, r.keeper.end(options.CacheSize))
	return result, nil
}

// upToDate is the result of a run that finds all that it would make.
func (r *run) upToDate(ctx context.Context) (*Result, error) {
	result := &Result{UpToDate: true}
	if r.scores == nil || r.options.NoEvaluate {
		return result, nil
	}
	r.lock.now.Outputs = r.lock.old.Outputs
	if err := r.score(ctx, nil, "", result); err != nil {
		return nil, err
	}
	r.conclude(result)
	return result, nil
}

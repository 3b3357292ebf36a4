package run

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/go-multierror"
	"golang.org/x/sync/errgroup"

	"github.com/loramerge/loramerge/internal/printable"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// save computes every module of every sink, while the inputs are hashed beside it,
// and puts the folders in place when all of them are complete.
func (r *run) save(ctx context.Context) (_ *Result, err error) {
	outputs, err := r.openAll()
	defer func() {
		if err != nil {
			err = multierror.Append(err, abortAll(outputs)).ErrorOrNil()
		}
	}()
	if err != nil {
		return nil, err
	}
	if err := r.fill(ctx, outputs); err != nil {
		return nil, err
	}
	result := r.newResult()
	if err := r.judge(result); err != nil {
		return nil, err
	}
	for _, out := range outputs {
		if err := r.finish(ctx, out, result); err != nil {
			return nil, err
		}
	}
	for _, out := range outputs {
		if r.heldBack(out, result) {
			result.HeldBack = append(result.HeldBack, out.node.ID)
			if err := out.abort(); err != nil {
				return nil, err
			}
			continue
		}
		done, err := out.commit()
		if err != nil {
			return nil, err
		}
		result.Outputs = append(result.Outputs, done)
		if done.Clamped > 0 {
			result.Warnings = append(result.Warnings, fmt.Errorf("stage %q: %s beyond the dtype %s clamped", done.Stage, printable.Count(done.Clamped, "value"), printable.Choose(done.Clamped, "was", "were")))
		}
	}
	r.conclude(result)
	return result, nil
}

// fill writes the weights of the outputs, and meanwhile the adapters of which scores are missing,
// which are then measured.
func (r *run) fill(ctx context.Context, outputs []*output) (err error) {
	shown, below, err := r.beginShown()
	defer func() { err = below.remove(err) }()
	if err != nil {
		return err
	}
	if err := r.compute(ctx, outputs, shown); err != nil {
		return err
	}
	if err := r.leaves.end(); err != nil {
		return err
	}
	for _, out := range outputs {
		if err := out.writeZeros(); err != nil {
			return err
		}
	}
	began := r.options.Clock()
	defer func() { r.scoring = r.options.Clock() - began }()
	return r.score(ctx, shown, below.path)
}

// newResult is a result with what the run has found out about its merges.
func (r *run) newResult() *Result {
	result := &Result{}
	for _, s := range r.sizings {
		size := s.sum()
		result.Sizes = append(result.Sizes, size)
		if warning := s.warning(size); warning != nil {
			result.Warnings = append(result.Warnings, warning)
		}
	}
	result.Deviations, result.Unmeasured = r.measures.results(r.graph)
	for _, s := range r.sizings {
		for i, cut := range s.cuts {
			at := slices.IndexFunc(result.Deviations, func(d StageDeviation) bool { return d.Stage == cut.ID && d.Kind == stages.Truncation })
			if at >= 0 {
				result.Deviations[at].Kept = s.kept(i)
			}
		}
	}
	result.Warnings = append(result.Warnings, r.measures.warnings(r.graph)...)
	result.Ranks = r.chosenRanks()
	return result
}

// compute fills the outputs and hashes the inputs, in parallel.
func (r *run) compute(ctx context.Context, outputs []*output, shown []*subject) error {
	byNode, targets, sizings, watchings := make(map[*node]*output), []*node(nil), make(map[*node]*sizing), make(map[*node]*watching)
	for _, s := range r.sizings {
		targets, sizings[s.at] = append(targets, s.at), s
	}
	for _, w := range r.graph.watchings() {
		targets, watchings[w.at] = append(targets, w.at), w
	}
	for _, out := range outputs {
		targets, byNode[out.node] = append(targets, out.node), out
	}
	for _, sub := range shown {
		if !sub.zeros {
			targets, byNode[sub.out.node] = append(targets, sub.out.node), sub.out
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := r.checkInputs(ctx); err != nil {
			return err
		}
		return r.describe(outputs)
	})
	group.Go(func() error {
		return r.each(ctx, targets, false, func(n *node, site recipe.Site, in []stages.Value) error {
			if s := sizings[n]; s != nil {
				s.observe(ctx, site, in)
				if err := ctx.Err(); err != nil {
					return err
				}
				return s.keep(ctx, r, site)
			}
			if w := watchings[n]; w != nil {
				w.observe(&r.measures, site, in)
				return nil
			}
			return byNode[n].write(site.Module, in[0][0])
		})
	})
	return group.Wait()
}

// checkInputs hashes the inputs, unless their hashes were known from the start.
func (r *run) checkInputs(ctx context.Context) error {
	if r.lock.now != nil {
		return nil
	}
	hashing := stages.HashingEffort(unhashedBytes(r.plan, r.options.Hashes))
	inputs, err := r.plan.Inputs(ctx, r.options.Hashes, r.options.Jobs)
	if err != nil {
		return err
	}
	r.pace.expects(hashing)
	return r.lock.check(inputs)
}

// describe gives the outputs the metadata that names the inputs.
func (r *run) describe(outputs []*output) error {
	for _, out := range outputs {
		if err := out.weights.Describe(r.metadata(out.node, r.lock.inputs, r.lock.digests.Outputs[out.node.ID])); err != nil {
			return err
		}
	}
	return nil
}

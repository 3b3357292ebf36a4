package run

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/stages"
)

// found is what a survey has found: from the cache, if it is kept there.
func (r *run) found(ctx context.Context, n *node, survey stages.Survey) (stages.Op, stages.Type, error) {
	key, op, out, err := r.recallFindings(ctx, n)
	if err != nil || op != nil {
		return op, out, err
	}
	op, out, err = r.runSurvey(ctx, n, survey)
	if err != nil || !r.keepsFindings(n) {
		return op, out, err
	}
	if err := r.leaves.unchanged(); err != nil {
		return nil, out, err // the findings may be of other content than their digest says
	}
	if findings, ok := op.(stages.Recaller).Findings(); ok {
		r.keeper.put(key, [][]byte{findings})
	}
	return op, out, nil
}

func (r *run) keepsFindings(n *node) bool {
	_, ok := n.Op.(stages.Recaller)
	return ok && r.keeper.cache != nil && r.keeper.surveys[n.Index]
}

// recallFindings takes from the cache what a survey has found, if that is kept; op is nil where there is
// nothing.
func (r *run) recallFindings(ctx context.Context, n *node) (key digest.Digest, op stages.Op, out stages.Type, err error) {
	if !r.keepsFindings(n) {
		return key, nil, out, nil
	}
	if key, err = r.surveyDigest(ctx, n); err != nil {
		return key, nil, out, err
	}
	if findings, ok := r.keeper.get(key); ok {
		if op, out, ok := n.Op.(stages.Recaller).Recall(findings); ok {
			return key, op, out, nil
		}
	}
	return key, nil, out, nil
}

// surveyDigest is that of what a survey finds: the digests of the stage's results at all modules, as far as
// they are known before it.
func (r *run) surveyDigest(ctx context.Context, n *node) (digest.Digest, error) {
	all := r.graph.workOf([]*node{n}, true)
	results := make([]digest.Digest, len(all))
	group, running := errgroup.WithContext(ctx)
	group.SetLimit(r.options.Jobs)
	for i, w := range all {
		group.Go(func() (err error) {
			results[i], err = r.computation(w.site).digestOf(running, n)
			return err
		})
	}
	err := group.Wait()
	return digest.Describe("survey").Digests(results...).Sum(), err
}

package run

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// findings are what a survey finds at a module, in the cache. Their key is the
// digest of the stage's result, as far as it is known before the survey.
type findings struct {
	run    *run
	node   *node
	survey stages.Recorder
}

// findingsOf is nil where there is no cache, or nothing to keep.
func (r *run) findingsOf(n *node, survey stages.Survey) *findings {
	recorder, ok := survey.(stages.Recorder)
	if !ok || r.keeper.cache == nil {
		return nil
	}
	return &findings{r, n, recorder}
}

func (f *findings) digestAt(ctx context.Context, site recipe.Site) (digest.Digest, error) {
	result, err := f.run.computation(site).digestOf(ctx, f.node)
	return digest.Describe("survey").Digests(result).Sum(), err
}

// recall replays what is in the cache and gives the work that is left.
func (f *findings) recall(ctx context.Context, all []work) ([]work, error) {
	if f == nil {
		return all, nil
	}
	replayed := make([]bool, len(all))
	group, running := errgroup.WithContext(ctx)
	group.SetLimit(f.run.options.Jobs)
	for i, w := range all {
		group.Go(func() error {
			key, err := f.digestAt(running, w.site)
			if err != nil {
				return err
			}
			text, ok := f.run.keeper.get(key)
			replayed[i] = ok && f.survey.Replay(w.site.Module, text)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var left []work
	for i, w := range all {
		if !replayed[i] {
			left = append(left, w)
		}
	}
	return left, nil
}

// keep puts what was found at a module into the cache.
func (f *findings) keep(ctx context.Context, site recipe.Site) error {
	if f == nil {
		return nil
	}
	text, ok := f.survey.Record(site.Module)
	if !ok {
		return nil
	}
	key, err := f.digestAt(ctx, site)
	if err != nil {
		return err
	}
	if err := f.run.leaves.unchanged(); err != nil {
		return err
	}
	f.run.keeper.put(key, [][]byte{text})
	return nil
}

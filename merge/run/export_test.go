package run

import (
	"context"

	"github.com/loramerge/loramerge/merge/plan"
)

// Computed scores, and tells how many modules of each stage it has computed for that.
func Computed(ctx context.Context, p *plan.Plan, options Options, ask Ask) (map[string]int64, error) {
	r, err := score(ctx, p, options, ask)
	out := make(map[string]int64)
	if err != nil || r.scores.complete() && r.keeper.kept == nil {
		return out, err
	}
	for _, s := range r.keeper.stats(r.graph) {
		if s.Computed > 0 {
			out[s.Stage] = s.Computed
		}
	}
	return out, nil
}

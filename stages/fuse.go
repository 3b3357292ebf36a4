package stages

import (
	"context"
	"math"

	"github.com/loramerge/loramerge/internal/kernels"
	"github.com/loramerge/loramerge/internal/parallel"
	"github.com/loramerge/loramerge/recipe"
)

// Fuse makes one stage of a trim, an elect and an average that follow each other,
// if their parameters allow one pass over memory: thresholds by tensor, a vote by
// total with no weight below 0, ties that need no look at the whole tensor. The result
// has the same bits.
func Fuse(trim, elect, mean Op) (Op, bool) {
	t, isTrim := trim.(*trimming)
	e, isElect := elect.(*election)
	m, isMean := mean.(*averaging)
	if !isTrim || !isElect || !isMean || t.overAdapter() || keyBy.Of(e.Params) != "total" || keyTie.Of(e.Params) == "majority" || e.subtracts() {
		return nil, false
	}
	return &fused{t, e, m}, true
}

// fused is TIES in one pass: the average's Op, on the inputs of the trim.
type fused struct {
	trim  *trimming
	elect *election
	mean  *averaging
}

// Makes is the name of the mean.
func (f *fused) Makes() string { return f.mean.Makes() }

// Shares are those of the mean: whole tensors are neither trimmed nor elected.
func (f *fused) Shares(site recipe.Site, adapters []string) []float64 {
	return f.mean.Shares(site, adapters)
}

func (f *fused) Apply(ctx context.Context, env Env, in []Value) (Value, error) {
	value := env.fillGaps(in[0])
	names := value.names()
	weights := f.mean.weights(env.Site, names)
	on := f.mean.weightsOn(env, f.mean.aligned, weights)
	rule := kernels.TiesRule{Votes: float32s(f.elect.weights(env.Site, names)), Tie: f.elect.tie(), Over: f.mean.over(), Divisor: float32(total(weights))}
	return env.combine(ctx, f.Makes(), value, func(label byte, dst Matrix, srcs []Matrix) {
		if rule.Over == kernels.OverAll && rule.Divisor == 0 {
			clear(dst.Data)
			return
		}
		rule.Weights = on(label)
		rule.Thresholds = f.thresholds(ctx, env, names, srcs)
		parallel.Ranges(len(dst.Data), worthSharing, env.Workers, func(from, to int) {
			inBlocks(ctx, to-from, func(start, end int) {
				kernels.Ties(dst.Data[from+start:from+end], ranges(srcs, from+start, from+end), rule)
			})
		})
	}), nil
}

// thresholds are the magnitudes that the trim keeps from: all, none, or the k-th on.
func (f *fused) thresholds(ctx context.Context, env Env, adapters []string, srcs []Matrix) []float32 {
	out := make([]float32, len(srcs))
	parallel.Ranges(len(srcs), 1, env.Workers, func(from, to int) {
		for i, src := range srcs[from:to] {
			switch k := f.trim.kept(adapters[from+i], env, len(src.Data)); {
			case k == 0 || ctx.Err() != nil:
				out[from+i] = float32(math.Inf(1))
			case k < len(src.Data):
				out[from+i] = kernels.KthMagnitude(src.Data, k)
			}
		}
	})
	return out
}

// subtracts reports whether a weight may be below 0.
func (e *election) subtracts() bool {
	return keyWeights.Of(e.Params).Any(func(weight float64) bool { return weight < 0 })
}

func (e *election) tie() kernels.Tie {
	if keyTie.Of(e.Params) == "positive" {
		return kernels.TiePositive
	}
	return kernels.TieDrop
}

func (a *averaging) over() kernels.Over {
	return map[string]kernels.Over{"all": kernels.OverAll, "agreeing": kernels.OverAgreeing, "weights": kernels.OverWeights}[keyOver.Of(a.Params)]
}

// Scratch is that of the three stages at once: deltas multiplied out.
func (f *fused) Scratch(module string) int64 {
	return f.mean.scratch(module, f.trim.In[0], true)
}

package stages

import (
	"context"
	"math"
	"slices"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/internal/kernels"
	"github.com/loramerge/loramerge/recipe"
)

var sceKind = &Kind{
	Verb: recipe.Verb{
		Name:    "sce",
		Summary: "keep the elements that differ most, weigh adapters by their energy, elect signs",
		Doc: `SCE (FuseChat, arXiv:2408.07990), as in mergekit. Select: of the elements whose variance over the
adapters is not 0, the share density with the largest variance stays in all adapters, and the others
become 0; elements of equal variance stay or go together. Density 1 keeps every element. Calculate:
each adapter's weight is the sum of the squares of what is left of its tensor. Erase: for each
element the sign of the plain sum is elected, 0 counting as +, and values of the other sign are left
out. The result is the weighted mean of the rest. Heads and biases are averaged.`,
		Flow:    "n → 1",
		Example: "{sce: [python, sql], density: 0.1}",
		Params: []*recipe.Param{
			{Name: string(keyDensity), Type: share, Default: recipe.Constant(1), Doc: "the share of elements to keep: mergekit's select_topk"},
			scalesParam,
			missingParam,
			normParam,
		},
	},
	Version: 1,
	Pass:    3,
	Bind:    bindSCE,
}

type sceMerge struct {
	Spec
	aligned Type // the input, aligned
}

func bindSCE(spec Spec) (Op, Type, error) {
	s, in := &sceMerge{Spec: spec}, spec.In
	aligned, err := s.alignWith(in[0], tolerance{scales: keyScales.Of(s.Params) == "ignore", combines: true})
	density := checkNumber(keyDensity.Of(s.Params), nil, Sites(in[0].Union()), in[0].pairSites())
	if all := multierror.Append(err, density); all.ErrorOrNil() != nil {
		return s, aligned.one(s.Makes(), nil), all
	}
	s.aligned = aligned.dense()
	return s, s.aligned.one(s.Makes(), merged(s.aligned)), nil
}

// Shares are equal: whole tensors have no energy to weigh them by.
func (s *sceMerge) Shares(_ recipe.Site, adapters []string) []float64 { return equalShares(adapters) }

// sceBlock is a number of elements of which several adapters fit into the cache.
const sceBlock = 1 << 14

// Scratch is the deltas multiplied out, what fills the gaps, one tensor of deviations, and a
// block of each adapter.
func (s *sceMerge) Scratch(module string) int64 {
	largest := s.aligned.largest(module)
	return s.scratch(module, s.In[0], true) + 4*largest + 4*min(largest, sceBlock)*int64(len(s.In[0].Members)+1)
}

func (s *sceMerge) Apply(ctx context.Context, env Env, in []Value) (Value, error) {
	value := env.fillGaps(in[0])
	density := keyDensity.Of(s.Params).At("", env.Site)
	return env.combine(ctx, s.Makes(), value, func(_ byte, dst Matrix, srcs []Matrix) {
		kept := env.Memory.Floats(len(dst.Data))
		defer env.Memory.Free(kept)
		selectWidest(ctx, kept, data(srcs), density)
		c := &calculation{kept: kept, xs: data(srcs)}
		c.weigh(ctx)
		c.inBlocks(ctx, func(from, to int, block [][]float32) { c.erase(dst.Data[from:to], block) })
	}), nil
}

// selectWidest sets kept to other numbers than 0 where the xs have one of the largest
// deviations: of m that are not 0 the ⌊density·m⌋ largest.
func selectWidest(ctx context.Context, kept []float32, xs [][]float32, density float64) {
	if density == 1 {
		for i := range kept {
			kept[i] = 1
		}
		return
	}
	wide := 0
	inBlocks(ctx, len(kept), func(from, to int) {
		for i := from; i < to; i++ {
			if kept[i] = deviation(xs, i); kept[i] != 0 {
				wide++
			}
		}
	})
	if ctx.Err() == nil {
		trimTo(kept, kept, int(math.Floor(density*float64(wide))))
	}
}

// deviation is √(Σ(xᵢ − x̄)²/n) of one element: ordered as the variance is, and no underflow
// where that has one.
func deviation(xs [][]float32, at int) float32 {
	n, mean, squares := float64(len(xs)), 0.0, 0.0
	for _, x := range xs {
		mean += float64(x[at])
	}
	mean /= n
	for _, x := range xs {
		d := float64(x[at]) - mean
		squares += float64(d * d)
	}
	return float32(math.Sqrt(squares / n))
}

// calculation is a merge of the elements that are kept.
type calculation struct {
	kept    []float32 // 0 where an element is not
	xs      [][]float32
	weights []float32
}

// inBlocks visits the adapters block by block, with 0 where an element is not kept. A
// visitor may write into the block.
func (c *calculation) inBlocks(ctx context.Context, visit func(from, to int, block [][]float32)) {
	room := make([]float32, len(c.xs)*min(sceBlock, len(c.kept)))
	for from := 0; from < len(c.kept) && ctx.Err() == nil; from += sceBlock {
		to := min(from+sceBlock, len(c.kept))
		block := slices.Collect(slices.Chunk(room[:len(c.xs)*(to-from)], to-from))
		for t, x := range c.xs {
			for i, k := range c.kept[from:to] {
				if block[t][i] = x[from+i]; k == 0 {
					block[t][i] = 0
				}
			}
		}
		visit(from, to, block)
	}
}

// weigh takes each adapter's sum of squares, as a share of the largest.
func (c *calculation) weigh(ctx context.Context) {
	energies := make([]float64, len(c.xs))
	c.inBlocks(ctx, func(_, _ int, block [][]float32) {
		for t, x := range block {
			energies[t] += kernels.SumSquares(x)
		}
	})
	if most := slices.Max(energies); most > 0 {
		for t := range energies {
			energies[t] /= most
		}
	}
	c.weights = float32s(energies)
}

// erase leaves out what has not the sign of the sum, and takes the mean of the rest.
func (c *calculation) erase(dst []float32, xs [][]float32) {
	kernels.Combine(dst, xs, slices.Repeat([]float32{1}, len(xs)))
	kernels.BreakTies(dst, 1)
	for _, x := range xs {
		kernels.Agree(x, x, dst)
	}
	kernels.MeanWeights(dst, xs, c.weights)
}

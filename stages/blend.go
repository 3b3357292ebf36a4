package stages

import (
	"context"

	"github.com/loramerge/loramerge/internal/kernels"
	"github.com/loramerge/loramerge/internal/lowrank"
)

// gram is the symmetric n×n matrix of inner products ⟨xᵢ, xⱼ⟩, row by row.
type gram struct {
	n  int
	at []float64
}

// inner is ⟨Σ cᵢxᵢ, Σ dᵢxᵢ⟩ = cᵀ·G·d, in a fixed order.
func (g gram) inner(c, d []float64) float64 {
	sum := 0.0
	for i := range g.n {
		row := 0.0
		for j := range g.n {
			row += float64(g.at[i*g.n+j] * d[j])
		}
		sum += float64(c[i] * row)
	}
	return sum
}

// times is G·c, the inner products of each xᵢ with Σ cⱼxⱼ.
func (g gram) times(c []float64) []float64 {
	out := make([]float64, g.n)
	for i := range out {
		for j, x := range g.at[i*g.n : (i+1)*g.n] {
			out[i] += float64(x * c[j])
		}
	}
	return out
}

// gramOf takes each pair's product over whole tensors: block by block, for the cache's
// sake, it would take longer, since the processor's prefetching begins anew each time.
func gramOf(ctx context.Context, xs [][]float32) gram {
	g := gram{len(xs), make([]float64, len(xs)*len(xs))}
	for i := range xs {
		for j := range i + 1 {
			if ctx.Err() != nil {
				return g
			}
			dot := kernels.Dot(xs[i], xs[j])
			g.at[i*g.n+j], g.at[j*g.n+i] = dot, dot
		}
	}
	return g
}

// blendMode is how a linear combination whose coefficients depend on the inputs is made.
type blendMode struct {
	byRow bool // with coefficients of its own for every row
	dense bool // dense, where the inputs are products
}

// blend makes one adapter as a linear combination Σ cᵢ·xᵢ, whose coefficients rule
// derives from the inputs' inner products. Angles and norms along the way are those
// of coefficient vectors, in float64, so that however long a cascade is, its result
// is rounded once. It works per tensor, per row, or per delta.
func (e Env) blend(ctx context.Context, name string, in Value, how blendMode, rule func(gram) []float64) (Value, error) {
	if e.Space == Delta && in[0].A.Data != nil && !how.byRow {
		g := gram{len(in), lowrank.Gram(ctx, products(in))}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return e.blendProducts(ctx, name, in, g, rule(g), how.dense)
	}
	return e.combine(ctx, name, in, func(_ byte, dst Matrix, srcs []Matrix) {
		if !how.byRow {
			g := gramOf(ctx, data(srcs))
			if ctx.Err() != nil {
				return
			}
			cs := rule(g)
			inBlocks(ctx, len(dst.Data), func(from, to int) { g.linear(dst.Data[from:to], ranges(srcs, from, to), cs) })
			return
		}
		rows := make([][]float32, len(srcs))
		for r := 0; r < dst.Rows && ctx.Err() == nil; r++ {
			for i := range srcs {
				rows[i] = srcs[i].Row(r)
			}
			g := gramOf(ctx, rows)
			g.linear(dst.Row(r), rows, rule(g))
		}
	}), nil
}

// lossy is the ratio of Σ|cᵢ|·‖xᵢ‖ to ‖Σ cᵢxᵢ‖ from which on a combination is computed in
// float64. In float32 each of two terms is off by up to 3·2⁻²⁴ of its norm, for the rounding
// of coefficient, product and sum, which makes 7e-7 of the result at this ratio; of vectors
// that are nearly opposite the ratio has no bound.
const lossy = 4

// cancels reports whether much of Σ cᵢ·xᵢ cancels.
func (g gram) cancels(cs []float64) bool { return g.size(cs) > lossy*g.norm(cs) }

// linear is Σ cᵢ·xᵢ without the inputs whose coefficient is 0, so that a coefficient of 1
// alone gives back the bits of its input. The xs may be parts of those that g is of.
func (g gram) linear(dst []float32, xs [][]float32, cs []float64) {
	var kept [][]float32
	var coefficients []float64
	for i, c := range cs {
		if c != 0 {
			kept, coefficients = append(kept, xs[i]), append(coefficients, c)
		}
	}
	switch {
	case len(kept) == 0:
		clear(dst)
	case g.cancels(cs):
		kernels.CombineWide(dst, kept, coefficients)
	default:
		kernels.Combine(dst, kept, float32s(coefficients))
	}
}

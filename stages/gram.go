package stages

import (
	"context"
	"math"

	"github.com/loramerge/loramerge/internal/kernels"
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

// norm is ‖Σ cᵢxᵢ‖.
func (g gram) norm(c []float64) float64 {
	norm := math.Sqrt(max(0, g.inner(c, c)))
	if norm <= cancelled*g.size(c) {
		return 0
	}
	return norm
}

// size is Σ|cᵢ|·‖xᵢ‖.
func (g gram) size(c []float64) float64 {
	size := 0.0
	for i, x := range c {
		size += math.Abs(x) * math.Sqrt(g.at[i*g.n+i])
	}
	return size
}

// cancels reports whether much of Σ cᵢ·xᵢ cancels.
func (g gram) cancels(cs []float64) bool { return g.size(cs) > lossy*g.norm(cs) }

// leading is the Gram matrix of the first n only.
func (g gram) leading(n int) gram {
	out := gram{n, make([]float64, n*n)}
	for i := range n {
		copy(out.at[i*n:(i+1)*n], g.at[i*g.n:i*g.n+n])
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

// lossy is the ratio of Σ|cᵢ|·‖xᵢ‖ to ‖Σ cᵢxᵢ‖ from which on a combination is computed in
// float64. In float32 each of two terms is off by up to 3·2⁻²⁴ of its norm, for the rounding
// of coefficient, product and sum, which makes 7e-7 of the result at this ratio; of vectors
// that are nearly opposite the ratio has no bound.
const lossy = 4

// cancelled is the share of Σ|cᵢ|·‖xᵢ‖ below which ‖Σ cᵢxᵢ‖ counts as 0: its square
// is a difference of float64, and what is left of it has no true digit.
const cancelled = 1e-7

func float32s(xs []float64) []float32 {
	out := make([]float32, len(xs))
	for i, x := range xs {
		out[i] = float32(x)
	}
	return out
}

package stages

import (
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
func gramOf(xs [][]float32) gram {
	g := gram{len(xs), make([]float64, len(xs)*len(xs))}
	for i := range xs {
		for j := range i + 1 {
			dot := kernels.Dot(xs[i], xs[j])
			g.at[i*g.n+j], g.at[j*g.n+i] = dot, dot
		}
	}
	return g
}

// blend makes one adapter as a linear combination Σ cᵢ·xᵢ, whose coefficients rule
// derives from the inputs' inner products. Angles and norms along the way are those
// of coefficient vectors, in float64, so that however long a cascade is, its result
// is rounded once. It works per tensor, per row, or per delta.
func (s Site) blend(name string, in Value, byRow bool, rule func(gram) []float64) Value {
	if s.Space == Delta && in[0].A.Data != nil && !byRow {
		products := products(in)
		return s.concat(name, in, rule(gram{len(in), lowrank.Gram(products)}))
	}
	return s.combine(name, in, func(_ byte, dst Matrix, srcs []Matrix) {
		if !byRow {
			linear(dst.Data, data(srcs), rule(gramOf(data(srcs))))
			return
		}
		rows := make([][]float32, len(srcs))
		for r := range dst.Rows {
			for i := range srcs {
				rows[i] = srcs[i].Row(r)
			}
			linear(dst.Row(r), rows, rule(gramOf(rows)))
		}
	})
}

// linear is Σ cᵢ·xᵢ without the inputs whose coefficient is 0, so that a
// coefficient of 1 alone gives back the bits of its input.
func linear(dst []float32, xs [][]float32, cs []float64) {
	var kept [][]float32
	var coefficients []float32
	for i, c := range cs {
		if c != 0 {
			kept, coefficients = append(kept, xs[i]), append(coefficients, float32(c))
		}
	}
	if len(kept) == 0 {
		clear(dst)
		return
	}
	kernels.Combine(dst, kept, coefficients)
}

func products(in Value) []lowrank.Product {
	out := make([]lowrank.Product, len(in))
	for i := range in {
		out[i] = lowrank.Product{B: in[i].B, A: in[i].A}
	}
	return out
}

// concat is Σ cᵢ·Bᵢ·Aᵢ held as a product at rank Σkᵢ.
func (s Site) concat(name string, in Value, cs []float64) Value {
	sum := lowrank.Concat(cs, products(in))
	return Value{{Adapter: name, A: sum.A, B: sum.B}}
}

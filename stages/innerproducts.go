package stages

import (
	"context"
	"math"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/kernels"
	"github.com/loramerge/loramerge/internal/lowrank"
)

// effects are what adapters do at one module: ΔW, 0 where one lacks the module.
type effects struct {
	gram            // ⟨ΔWᵢ, ΔWⱼ⟩
	terms []float64 // Σₖ ‖bₖ‖·‖aₖ‖ over the terms bₖ·aₖᵀ that ΔWᵢ is made of; ‖ΔWᵢ‖ if it is dense
}

// effectsOf takes the inner products of a value of any space, in float64 and without
// multiplying a product out. When ctx ends it returns early, with what means nothing.
func effectsOf(ctx context.Context, t Type, module string, in Value) effects {
	out := effects{gram{len(in), make([]float64, len(in)*len(in))}, make([]float64, len(in))}
	scales := make([]float64, len(in))
	for i, m := range t.At(module) {
		if m.Form != adapter.Whole {
			scales[i] = m.Scale
		}
	}
	var thin []int
	var factors []lowrank.Product
	for i, part := range in {
		if part.A.Data != nil {
			thin, factors = append(thin, i), append(factors, lowrank.Product{B: part.B, A: part.A})
		}
	}
	set := func(i, j int, inner float64) {
		out.at[i*out.n+j], out.at[j*out.n+i] = inner, inner
	}
	if len(thin) > 0 {
		inners, terms := lowrank.GramAndTerms(ctx, factors)
		for at, inner := range inners {
			i, j := thin[at/len(thin)], thin[at%len(thin)]
			set(i, j, inner*scales[i]*scales[j])
		}
		for at, i := range thin {
			out.terms[i] = math.Abs(scales[i]) * terms[at]
		}
	}
	for i, part := range in {
		if part.W.Data == nil {
			continue
		}
		for j, other := range in {
			switch {
			case ctx.Err() != nil:
				return out
			case other.W.Data != nil && j <= i:
				set(i, j, kernels.Dot(part.W.Data, other.W.Data))
			case other.A.Data != nil:
				set(i, j, scales[j]*innerOfDense(ctx, part.W, other))
			}
		}
		out.terms[i] = math.Sqrt(out.at[i*out.n+i])
	}
	return out
}

// innerOfDense is ⟨W, B·A⟩, a row at a time.
func innerOfDense(ctx context.Context, w Matrix, p Part) float64 {
	sum, row := 0.0, make([]float64, p.A.Cols)
	for i := 0; i < w.Rows && ctx.Err() == nil; i++ {
		p.deltaRow(row, i)
		for j, x := range w.Row(i) {
			sum += float64(float64(x) * row[j])
		}
	}
	return sum
}

// deltaRow computes a row of B·A, or takes that of a dense delta.
func (p *Part) deltaRow(dst []float64, i int) {
	clear(dst)
	if p.A.Data == nil {
		for j, x := range p.W.Row(i) {
			dst[j] = float64(x)
		}
		return
	}
	for k, b := range p.B.Row(i) {
		for j, a := range p.A.Row(k) {
			dst[j] += float64(float64(b) * float64(a))
		}
	}
}

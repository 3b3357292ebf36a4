package lowrank

import (
	"context"
	"math"

	"github.com/loramerge/loramerge/internal/lowrank/gemm"
)

// Inner returns the Frobenius inner product ⟨P, Q⟩ = Σᵢⱼ Pᵢⱼ·Qᵢⱼ of two products
// of the same shape, without forming either:
//
//	⟨Bp·Ap, Bq·Aq⟩ = tr(Apᵀ·Bpᵀ·Bq·Aq) = Σ (Bpᵀ·Bq) ∘ (Ap·Aqᵀ).
//
// The error is a small multiple of 2⁻⁵³·‖Bp‖·‖Ap‖·‖Bq‖·‖Aq‖, so digits are lost only
// where the components of a product cancel. The result is the same on every
// processor: products of float32 values are exact in float64, and sums have one
// order.
func Inner(p, q Product) float64 {
	return innerUntil(context.Background(), p, q)
}

// innerUntil is Inner, or anything once ctx has ended.
func innerUntil(ctx context.Context, p, q Product) float64 {
	checkSameShape(p, q)
	b := gram(ctx, p.B.view().T(), q.B.view().T())
	a := gram(ctx, p.A.view(), q.A.view())
	return inner(b, a)
}

// inner returns Σ x ∘ y.
func inner(x, y gemm.Matrix[float64]) float64 {
	var sum float64
	for i := range x.Rows {
		other := y.Row(i)
		for j, v := range x.Row(i) {
			sum += float64(v * other[j])
		}
	}
	return sum
}

// gramChunk is how many columns are multiplied at a time.
const gramChunk = 1024

// gram returns x·yᵀ for x [k, n] and y [l, n].
func gram(ctx context.Context, x, y gemm.Matrix[float32]) gemm.Matrix[float64] {
	g := gemm.New[float64](x.Rows, y.Rows)
	for from := 0; from < x.Cols; from += gramChunk {
		to := min(from+gramChunk, x.Cols)
		for row := 0; row < x.Rows && ctx.Err() == nil; row += stackedRank {
			end := min(row+stackedRank, x.Rows)
			gemm.AddCross(g.Part(row, end, 0, y.Rows), x.Part(row, end, from, to), y.Part(0, y.Rows, from, to))
		}
	}
	return g
}

// Norm returns the Frobenius norm ‖P‖ = √⟨P, P⟩.
func Norm(p Product) float64 {
	return math.Sqrt(max(0, Inner(p, p)))
}

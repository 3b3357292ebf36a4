package lowrank

import (
	"context"
	"math"

	"github.com/loramerge/loramerge/internal/lowrank/gemm"
)

// Overlaps say how far the subspaces of n products of one shape agree: B those that their
// columns span, of dimension out, A those that their rows span, of dimension in. Element i·n+j is
// ‖QᵢᵀQⱼ‖² = Σ cos²θ over the principal angles θ between the two subspaces, Q being orthonormal
// bases of them (Björck and Golub, 1973); on the diagonal is a subspace's dimension. A direction
// whose singular value is under 3e-5 of the factor's largest counts as rounding.
type Overlaps struct{ B, A []float64 }

// GramAndOverlaps is Gram, and of the same products how far their subspaces overlap. The error is
// the context's, or that an element is not finite.
func GramAndOverlaps(ctx context.Context, ps []Product) (inners []float64, overlaps Overlaps, err error) {
	checkSameShape(ps...)
	n, ranks := len(ps), 0
	for _, p := range ps {
		ranks += p.Rank()
	}
	b := func(i, j int) gemm.Matrix[float64] { return gram(ctx, ps[i].B.view().T(), ps[j].B.view().T()) }
	a := func(i, j int) gemm.Matrix[float64] { return gram(ctx, ps[i].A.view(), ps[j].A.view()) }
	if ranks <= stackedRank {
		s := stackOf(ctx, ps, ranks)
		b = func(i, j int) gemm.Matrix[float64] { return s.b.Part(s.at[i], s.at[i+1], s.at[j], s.at[j+1]) }
		a = func(i, j int) gemm.Matrix[float64] { return s.a.Part(s.at[i], s.at[i+1], s.at[j], s.at[j+1]) }
	}
	inners = make([]float64, n*n)
	overlaps = Overlaps{make([]float64, n*n), make([]float64, n*n)}
	ofB, ofA := make([]gemm.Matrix[float64], n), make([]gemm.Matrix[float64], n)
	for j := range n {
		for i := j; i >= 0; i-- {
			onB, onA := b(i, j), a(i, j)
			if err := ctx.Err(); err != nil {
				return nil, Overlaps{}, err
			}
			if i == j {
				if ofB[j], err = whitening(ctx, onB); err == nil {
					ofA[j], err = whitening(ctx, onA)
				}
				if err != nil {
					return nil, Overlaps{}, err
				}
			}
			for _, to := range []struct {
				in []float64
				x  float64
			}{{inners, inner(onB, onA)}, {overlaps.B, cosines(ofB[i], onB, ofB[j])}, {overlaps.A, cosines(ofA[i], onA, ofA[j])}} {
				to.in[i*n+j], to.in[j*n+i] = to.x, to.x
			}
		}
	}
	return inners, overlaps, nil
}

// whitening is the W [d, k] for which W·X has orthonormal rows, X [k, n] having the Gram matrix
// g = Z·Λ·Zᵀ: Λ^(−½)·Zᵀ, as far as the eigenvalues are those of directions and not of rounding.
func whitening(ctx context.Context, g gemm.Matrix[float64]) (gemm.Matrix[float64], error) {
	values, vectors, err := eigen(ctx, g)
	if err != nil {
		return gemm.Matrix[float64]{}, err
	}
	d := 0
	for d < len(values) && values[d] > leastGramRatio*values[0] {
		scaleRow(vectors, d, 1/math.Sqrt(values[d]))
		d++
	}
	return vectors.Part(0, d, 0, vectors.Cols), nil
}

// cosines is ‖V·G·Wᵀ‖²: Σ cos²θ of two subspaces with the cross products G, never more than the
// dimension of the smaller.
func cosines(v, g, w gemm.Matrix[float64]) float64 {
	if v.Rows == 0 || w.Rows == 0 {
		return 0
	}
	q := multiply(multiply(v, g, 1), w.T(), 1)
	return min(inner(q, q), float64(min(v.Rows, w.Rows)))
}

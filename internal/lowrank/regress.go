package lowrank

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/loramerge/loramerge/internal/lowrank/gemm"
)

// negligibleEigenvalue is the share of the largest eigenvalue of G under which the
// pseudo-inverse takes an eigenvalue for 0.
const negligibleEigenvalue = 1e-10

// Regress merges matrices of one shape [p, q] so that each one's outputs are kept where
// its inputs lie, with the rows of each Mₜ as its data: the minimum of
// Σ cₜ·‖(M − Mₜ)·Mₜᵀ‖² + ℓ·‖M − M̄‖² (ACTMat; WUDI, arXiv:2503.08099, in closed form),
//
//	G = Σ cₜ·MₜᵀMₜ,  H = Σ cₜ·Mₜ·MₜᵀMₜ,  ℓ = ridge·tr(G)/rank(G),
//	M = (H + ℓ·M̄)·(G + ℓ·I)⁻¹,
//
// with M̄ the plain mean and cₜ = 1/‖Mₜ‖² where balanced, else 1. Zero matrices have no part
// in it. With a ridge of 0 the inverse is the pseudo-inverse.
//
// growth is ‖M‖/Σ‖Mₜ‖: at most 1 where M is a mean or a sum of parts of the Mₜ, as it is for
// disjoint row spaces at a ridge of 0, and large where these nearly meet: then the inverse
// is of what tells them apart. When ctx ends, its error is returned.
func Regress(ctx context.Context, ms []Matrix, ridge float64, balanced bool) (merged Matrix, growth float64, err error) {
	rows, cols := ms[0].Rows, ms[0].Cols
	g, h, mean := gemm.New[float64](cols, cols), gemm.New[float64](rows, cols), gemm.New[float64](rows, cols)
	count, norms := 0.0, 0.0
	for _, m := range ms {
		m.check()
		wide := widened(m.view())
		norm := squares(wide)
		if norm == 0 {
			continue
		}
		norms += math.Sqrt(norm)
		c := 1.0
		if balanced {
			c = 1 / norm
		}
		own := multiply(wide.T(), wide, 1)
		floats.AddScaled(g.Data, c, own.Data)
		floats.AddScaled(h.Data, c, multiply(wide, own, 1).Data)
		floats.Add(mean.Data, wide.Data)
		count++
	}
	if count == 0 {
		return NewMatrix(rows, cols), 0, nil
	}
	values, vt, err := eigen(ctx, g)
	if err != nil {
		return Matrix{}, 0, err
	}
	vectors, level := vt.T(), ridge*meanEigenvalue(values)
	floats.AddScaled(h.Data, level/count, mean.Data)
	along := multiply(h, vectors, 1)
	for j, x := range values {
		inverse := 0.0
		if level > 0 || x > negligibleEigenvalue*values[0] {
			inverse = 1 / (max(0, x) + level)
		}
		for i := range along.Rows {
			along.Row(i)[j] *= inverse
		}
	}
	product := multiply(along, vectors.T(), 1)
	return rounded(product), math.Sqrt(squares(product)) / norms, nil
}

// meanEigenvalue is tr(G)/rank(G), from eigenvalues in decreasing order.
func meanEigenvalue(values []float64) float64 {
	trace, rank := 0.0, 0
	for _, x := range values {
		trace += max(0, x)
		if x > negligibleEigenvalue*values[0] {
			rank++
		}
	}
	return trace / float64(rank)
}

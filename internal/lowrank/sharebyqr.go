package lowrank

import (
	"context"
	"math"

	"github.com/loramerge/loramerge/internal/lowrank/gemm"
)

// negligibleDirection is the share of the largest singular value of the stacked factors
// under which a direction counts as none of them.
const negligibleDirection = 1e-10

// balancedByQR balances products, whatever they are.
func balancedByQR(ctx context.Context, ps []Product, workers int) (balanced, error) {
	out, in := ps[0].Shape()
	at, svds := make([]int, len(ps)+1), make([]SVD, len(ps))
	for t, p := range ps {
		var err error
		if svds[t], err = Decompose(ctx, p, workers); err != nil {
			return balanced{}, err
		}
		at[t+1] = at[t] + svds[t].rank()
	}
	all := at[len(ps)]
	if all == 0 {
		return balanced{spanned{basis: empty{out}}, spanned{basis: empty{in}}, at}, nil
	}
	bt, a := gemm.New[float64](all, out), gemm.New[float64](all, in)
	for t, svd := range svds {
		from, to := at[t], at[t+1]
		ut, vt := svd.lift(rootsOf(svd.S[:to-from]))
		setScaled(bt.Part(from, to, 0, out), ut, 1)
		setScaled(a.Part(from, to, 0, in), vt, 1)
	}
	left, err := span(ctx, bt, workers)
	if err != nil {
		return balanced{}, err
	}
	right, err := span(ctx, a, workers)
	return balanced{left, right, at}, err
}

func rootsOf(s []float64) []float64 {
	roots := make([]float64, len(s))
	for i, x := range s {
		roots[i] = math.Sqrt(x)
	}
	return roots
}

// span is that of the rows of x [k, n], which it overwrites: xᵀ = Q·R = (Q·U)·(Σ·Vᵀ).
func span(ctx context.Context, x gemm.Matrix[float64], workers int) (spanned, error) {
	return abandonable(ctx, func() (spanned, error) {
		q := side{unit{}, x.T()}
		if x.Cols > x.Rows {
			reflectors := factorQR(x, workers)
			q = side{reflectors, reflectors.r}
		}
		svd, err := decomposeCore(ctx, unit{}, unit{}, q.core, 0)
		if err != nil {
			return spanned{}, err
		}
		p := 0
		for p < len(svd.S) && svd.S[p] > negligibleDirection*svd.S[0] {
			p++
		}
		kept, on := scaled(svd.u.Part(0, svd.u.Rows, 0, p), 1), scaled(svd.v.T().Part(0, p, 0, svd.v.Rows), 1)
		for i, x := range largestOfRows(on) {
			scaleRow(on, i, math.Copysign(svd.S[i], x))
			scaleRow(kept.T(), i, math.Copysign(1, x))
		}
		return spanned{nested{q.basis, directions{kept}}, on}, nil
	})
}

// scaleRow multiplies row i of m by a factor.
func scaleRow(m gemm.Matrix[float64], i int, factor float64) {
	for j := range m.Cols {
		m.Data[i*m.RowStep+j*m.ColStep] *= factor
	}
}

// directions is the basis of a matrix's orthonormal columns.
type directions struct{ q gemm.Matrix[float64] }

func (c directions) lift(p gemm.Matrix[float64]) gemm.Matrix[float64] {
	return multiply(p.T(), c.q.T(), 1)
}

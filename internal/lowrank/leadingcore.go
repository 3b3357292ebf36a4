package lowrank

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/lapack"

	"github.com/loramerge/loramerge/internal/lowrank/gemm"
	"github.com/loramerge/loramerge/internal/lowrank/givens"
)

// leadingOfCore is decomposeCore with all singular values, but only the vectors of the first
// rank of them.
func leadingOfCore(ctx context.Context, left, right basis, core gemm.Matrix[float64], noise float64, rank int) (SVD, error) {
	switch {
	case 2*rank > min(core.Rows, core.Cols) || math.IsNaN(noise) || math.IsInf(noise, 0):
		return decomposeCore(ctx, left, right, core, noise)
	case core.Rows < core.Cols:
		d, err := leadingOfCore(ctx, right, left, core.T(), noise, rank)
		d.left, d.right, d.u, d.v = d.right, d.left, d.v, d.u
		return d, err
	}
	b, err := bidiagonalize(ctx, core)
	if err != nil {
		return SVD{}, err
	}
	var q, p givens.Sweeps
	if err := b.iterate(ctx, &q, &p, func() {}); err != nil {
		return SVD{}, err
	}
	signs := make([]float64, len(b.d))
	for i, x := range b.d {
		signs[i], b.d[i] = math.Copysign(1, x), math.Abs(x)
	}
	s, order := sortedOrder(b.d)
	u, v := gemm.New[float64](core.Rows, rank), gemm.New[float64](core.Cols, rank)
	for j, i := range order[:rank] {
		u.Row(i)[j], v.Row(i)[j] = 1, signs[i]
	}
	q.Undo(u.Part(0, core.Cols, 0, rank))
	p.Undo(v)
	b.reflect(u, v)
	for i, x := range s {
		if x <= noise {
			s[i] = 0
		}
	}
	return SVD{S: s, left: left, right: right, u: u, v: v}, ctx.Err()
}

// reflect multiplies u by Q and v by P, reflector by reflector.
func (b bidiagonal) reflect(u, v gemm.Matrix[float64]) {
	r, n := u.Cols, b.reflectors.Cols
	withWork(func(work []float64, size int) {
		lapackImpl.Dormbr(lapack.ApplyQ, blas.Left, blas.NoTrans, u.Rows, r, n, b.reflectors.Data, n, b.tauQ, u.Data, r, work, size)
	})
	withWork(func(work []float64, size int) {
		lapackImpl.Dormbr(lapack.ApplyP, blas.Left, blas.NoTrans, n, r, b.reflectors.Rows, b.reflectors.Data, n, b.tauP, v.Data, r, work, size)
	})
}

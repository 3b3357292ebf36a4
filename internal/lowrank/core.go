package lowrank

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/lapack"
	lapackgonum "gonum.org/v1/gonum/lapack/gonum"

	"github.com/loramerge/loramerge/internal/lowrank/gemm"
)

// decomposeCore returns the decomposition of left·core·rightᵀ, where noise is
// the absolute error that core carries.
func decomposeCore(left, right basis, core gemm.Matrix[float64], noise float64) (SVD, error) {
	if math.IsNaN(noise) || math.IsInf(noise, 0) {
		return SVD{}, ErrNotFinite
	}
	if core.Rows < core.Cols {
		d, err := decomposeCore(right, left, core.T(), noise)
		d.left, d.right, d.u, d.v = d.right, d.left, d.v, d.u
		return d, err
	}
	b := bidiagonalize(core)
	ut, vt := b.left(), b.right()
	if err := b.diagonalize(ut, vt); err != nil {
		return SVD{}, err
	}
	for i, x := range b.d {
		if x <= noise {
			b.d[i] = 0
		}
	}
	return SVD{S: b.d, left: left, right: right, u: ut.T(), v: vt.T()}, nil
}

// valuesOf returns the singular values of m [rows, cols], rows ≥ cols.
func valuesOf(m gemm.Matrix[float64]) ([]float64, error) {
	b := bidiagonalize(m)
	none := gemm.Matrix[float64]{RowStep: 1, ColStep: 1}
	err := b.diagonalize(none, none)
	return b.d, err
}

// bidiagonal is a matrix [m, n], m ≥ n, as Q·D·Pᵀ with D upper bidiagonal, the
// first half of LAPACK's SVD by the QR method (Golub and Van Loan, 2013, §8.6).
type bidiagonal struct {
	reflectors gemm.Matrix[float64] // those of Q and P, as dgebrd leaves them
	tauQ, tauP []float64
	d, e       []float64 // D's diagonal and superdiagonal
}

var lapackImpl lapackgonum.Implementation

func bidiagonalize(m gemm.Matrix[float64]) bidiagonal {
	n := m.Cols
	b := bidiagonal{
		reflectors: scaled(m, 1),
		tauQ:       make([]float64, n), tauP: make([]float64, n),
		d: make([]float64, n), e: make([]float64, n-1),
	}
	withWork(func(work []float64, size int) {
		lapackImpl.Dgebrd(m.Rows, n, b.reflectors.Data, n, b.d, b.e, b.tauQ, b.tauP, work, size)
	})
	return b
}

// left returns Qᵀ [n, m].
func (b bidiagonal) left() gemm.Matrix[float64] {
	q := scaled(b.reflectors, 1)
	withWork(func(work []float64, size int) {
		lapackImpl.Dorgbr(lapack.GenerateQ, q.Rows, q.Cols, q.Cols, q.Data, q.Cols, b.tauQ, work, size)
	})
	return scaled(q.T(), 1)
}

// right returns Pᵀ [n, n].
func (b bidiagonal) right() gemm.Matrix[float64] {
	n := b.reflectors.Cols
	pt := scaled(b.reflectors.Part(0, n, 0, n), 1)
	withWork(func(work []float64, size int) {
		lapackImpl.Dorgbr(lapack.GeneratePT, n, n, n, pt.Data, n, b.tauP, work, size)
	})
	return pt
}

// diagonalize turns d into the singular values and Qᵀ and Pᵀ, unless they have
// no columns, into the singular vectors. Qᵀ goes in as the C of dbdsqr and not Q
// as its U: so the rotations of both run along rows, which are contiguous.
func (b bidiagonal) diagonalize(qt, pt gemm.Matrix[float64]) error {
	n := len(b.d)
	ok := lapackImpl.Dbdsqr(blas.Upper, n, pt.Cols, 0, qt.Cols, b.d, b.e,
		pt.Data, pt.RowStep, nil, 1, qt.Data, qt.RowStep, make([]float64, 4*n))
	if !ok {
		return ErrNoConvergence
	}
	return nil
}

// withWork calls a LAPACK routine twice: to ask how much memory it would like,
// and with that.
func withWork(routine func(work []float64, size int)) {
	size := []float64{0}
	routine(size, -1)
	routine(make([]float64, int(size[0])), int(size[0]))
}

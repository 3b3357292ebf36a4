package lowrank

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack"
	lapackgonum "gonum.org/v1/gonum/lapack/gonum"

	"github.com/loramerge/loramerge/internal/lowrank/gemm"
)

// decomposeCore returns the decomposition of left·core·rightᵀ, where noise is
// the absolute error that core carries. It looks at ctx between steps that take seconds
// where core has thousands of columns.
func decomposeCore(ctx context.Context, left, right basis, core gemm.Matrix[float64], noise float64) (SVD, error) {
	if math.IsNaN(noise) || math.IsInf(noise, 0) {
		return SVD{}, ErrNotFinite
	}
	if core.Rows < core.Cols {
		d, err := decomposeCore(ctx, right, left, core.T(), noise)
		d.left, d.right, d.u, d.v = d.right, d.left, d.v, d.u
		return d, err
	}
	b, err := bidiagonalize(ctx, core)
	if err != nil {
		return SVD{}, err
	}
	ut, vt := b.left(), b.right()
	if err := b.diagonalize(ctx, ut, vt); err != nil {
		return SVD{}, err
	}
	for i, x := range b.d {
		if x <= noise {
			b.d[i] = 0
		}
	}
	return SVD{S: b.d, left: left, right: right, u: ut.T(), v: vt.T()}, nil
}

// valuesOf returns the singular values of m [rows, cols], rows ≥ cols, of which there are few.
func valuesOf(m gemm.Matrix[float64]) ([]float64, error) {
	b, err := bidiagonalize(context.Background(), m)
	if err != nil {
		return nil, err
	}
	none := gemm.Matrix[float64]{RowStep: 1, ColStep: 1}
	err = b.diagonalize(context.Background(), none, none)
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

// panel is how many columns dgebrd eliminates before it updates the rest, and unblocked
// from how many left on it goes column by column.
const panel, unblocked = 32, 128

// bidiagonalize goes as LAPACK's dgebrd does, but looks at ctx before each panel.
func bidiagonalize(ctx context.Context, m gemm.Matrix[float64]) (bidiagonal, error) {
	n := m.Cols
	b := bidiagonal{
		reflectors: scaled(m, 1),
		tauQ:       make([]float64, n), tauP: make([]float64, n),
		d: make([]float64, n), e: make([]float64, n-1),
	}
	x, y := make([]float64, m.Rows*panel), make([]float64, n*panel)
	from := 0
	for ; from < n-unblocked; from += panel {
		if err := ctx.Err(); err != nil {
			return b, err
		}
		rows, cols, a := m.Rows-from, n-from, b.reflectors.Data[from*n+from:]
		lapackImpl.Dlabrd(rows, cols, panel, a, n, b.d[from:], b.e[from:], b.tauQ[from:], b.tauP[from:], x, panel, y, panel)
		rest, blas3 := a[panel*n+panel:], blas64.Implementation()
		blas3.Dgemm(blas.NoTrans, blas.Trans, rows-panel, cols-panel, panel, -1, a[panel*n:], n, y[panel*panel:], panel, 1, rest, n)
		blas3.Dgemm(blas.NoTrans, blas.NoTrans, rows-panel, cols-panel, panel, -1, x[panel*panel:], panel, a[panel:], n, 1, rest, n)
		for i := range panel { // where dlabrd has left the reflectors' ones
			a[i*n+i], a[i*n+i+1] = b.d[from+i], b.e[from+i]
		}
	}
	a := b.reflectors.Data[from*n+from:]
	lapackImpl.Dgebd2(m.Rows-from, n-from, a, n, b.d[from:], b.e[from:], b.tauQ[from:], b.tauP[from:], make([]float64, m.Rows))
	return b, nil
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

// strip is how many columns of the singular vectors are rotated at a time.
const strip = 64

// diagonalize turns d into the singular values and Qᵀ and Pᵀ, unless they have
// no columns, into the singular vectors. Qᵀ goes in as the C of dbdsqr and not Q
// as its U: so the rotations of both run along rows, which are contiguous. They are
// found anew for each strip of columns, which costs little beside rotating it, so that
// ctx can end what takes minutes.
func (b bidiagonal) diagonalize(ctx context.Context, qt, pt gemm.Matrix[float64]) error {
	n := len(b.d)
	d, e, work := make([]float64, n), make([]float64, max(0, n-1)), make([]float64, 4*n)
	for from := 0; from == 0 || from < max(qt.Cols, pt.Cols); from += strip {
		if err := ctx.Err(); err != nil {
			return err
		}
		copy(d, b.d)
		copy(e, b.e)
		q, p := stripOf(qt, from), stripOf(pt, from)
		if !lapackImpl.Dbdsqr(blas.Upper, n, p.Cols, 0, q.Cols, d, e, p.Data, p.RowStep, nil, 1, q.Data, q.RowStep, work) {
			return ErrNoConvergence
		}
	}
	copy(b.d, d)
	return nil
}

func stripOf(m gemm.Matrix[float64], from int) gemm.Matrix[float64] {
	return m.Part(0, m.Rows, min(from, m.Cols), min(from+strip, m.Cols))
}

// withWork calls a LAPACK routine twice: to ask how much memory it would like,
// and with that.
func withWork(routine func(work []float64, size int)) {
	size := []float64{0}
	routine(size, -1)
	routine(make([]float64, int(size[0])), int(size[0]))
}

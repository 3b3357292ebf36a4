package lowrank

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/lapack"
	lapackgonum "gonum.org/v1/gonum/lapack/gonum"

	"github.com/loramerge/loramerge/internal/lowrank/gemm"
	"github.com/loramerge/loramerge/internal/lowrank/givens"
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
	s, ut := sorted(b.d, ut)
	_, vt = sorted(b.d, vt)
	for i, x := range s {
		if x <= noise {
			s[i] = 0
		}
	}
	return SVD{S: s, left: left, right: right, u: ut.T(), v: vt.T()}, nil
}

// valuesOf returns the singular values of m [rows, cols], rows ≥ cols, of which there are few.
func valuesOf(m gemm.Matrix[float64]) ([]float64, error) {
	ctx := context.Background()
	b, err := bidiagonalize(ctx, m)
	if err != nil {
		return nil, err
	}
	err = b.diagonalize(ctx, gemm.Matrix[float64]{}, gemm.Matrix[float64]{})
	s, _ := sorted(b.d, gemm.Matrix[float64]{})
	return s, err
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

// diagonalize turns d into the singular values, in no order, and Qᵀ and Pᵀ, unless they
// have no rows, into the singular vectors.
func (b bidiagonal) diagonalize(ctx context.Context, qt, pt gemm.Matrix[float64]) error {
	var q, p givens.Sweeps
	rotate := func() {
		q.Apply(qt)
		p.Apply(pt)
	}
	if err := b.iterate(ctx, &q, &p, rotate); err != nil {
		return err
	}
	rotate()
	for i, x := range b.d {
		if x < 0 {
			b.d[i] = -x
			if pt.Rows > 0 {
				floats.Scale(-1, pt.Row(i))
			}
		}
	}
	return ctx.Err()
}

// iterate turns d into the singular values, but for their signs, by the implicit QR method
// with the shift, and the zero shift, of LAPACK's dbdsqr (Demmel and Kahan, 1990). It adds the
// rotations of Qᵀ to q and those of Pᵀ to p, and calls many when there are many.
func (b bidiagonal) iterate(ctx context.Context, q, p *givens.Sweeps, many func()) error {
	d, e := b.d, b.e
	floor := 0x1p-106 * max(largest(d), largest(e))
	left, tries := mostSweeps*len(d), 0
	for hi := len(d) - 1; hi > 0; {
		if q.Len() > gathered {
			if err := ctx.Err(); err != nil {
				return err
			}
			many()
		}
		lo := hi
		for lo > 0 && !(math.Abs(e[lo-1]) <= tolerance(tries)*(math.Abs(d[lo-1])+math.Abs(d[lo]))+floor) {
			lo--
		}
		if lo > 0 {
			e[lo-1] = 0
		}
		if lo == hi {
			hi--
			tries = 0
			continue
		}
		if left, tries = left-1, tries+1; left < 0 {
			return ErrNoConvergence
		}
		q.Begin(lo)
		p.Begin(lo)
		if shift := b.shift(lo, hi); shift > 0 {
			b.step(lo, hi, shift, q, p)
		} else {
			b.zeroStep(lo, hi, q, p)
		}
	}
	return nil
}

func largest(x []float64) float64 {
	largest := 0.0
	for _, v := range x {
		largest = max(largest, math.Abs(v))
	}
	return largest
}

// shift is the smaller singular value of the last two rows [f g; 0 h], or 0 where that
// would be lost beside d.
func (b bidiagonal) shift(lo, hi int) float64 {
	f, g, h := math.Abs(b.d[hi-1]), math.Abs(b.e[hi-1]), math.Abs(b.d[hi])
	if f == 0 || h == 0 || b.d[lo] == 0 {
		return 0
	}
	// σ₁·σ₂ = f·h, σ₁² + σ₂² = f² + g² + h²: σ₁ ± σ₂ are the roots of these.
	sum, difference := math.Hypot(f+h, g), math.Hypot(f-h, g)
	shift := 2 * f / (sum + difference) * h
	if ratio := shift / b.d[lo]; ratio*ratio < 0x1p-53 || math.IsInf(ratio*ratio, 0) {
		return 0
	}
	return shift
}

// step is a sweep over rows lo to hi, which ends sooner the closer the shift is to a
// singular value.
func (b bidiagonal) step(lo, hi int, shift float64, q, p *givens.Sweeps) {
	d, e := b.d, b.e
	f := (math.Abs(d[lo]) - shift) * (math.Copysign(1, d[lo]) + shift/d[lo])
	g := e[lo]
	for i := lo; i < hi; i++ {
		c, s, r := givens.Rotate(f, g)
		p.Add(c, s)
		if i > lo {
			e[i-1] = r
		}
		f, e[i] = c*d[i]+s*e[i], c*e[i]-s*d[i]
		g, d[i+1] = s*d[i+1], c*d[i+1]
		c, s, r = givens.Rotate(f, g)
		q.Add(c, s)
		d[i] = r
		f, d[i+1] = c*e[i]+s*d[i+1], c*d[i+1]-s*e[i]
		if i+1 < hi {
			g, e[i+1] = s*e[i+1], c*e[i+1]
		}
	}
	e[hi-1] = f
}

// zeroStep is step with a shift of 0, without cancellation: it leaves small values their
// digits, and needs no special case for zeros on the diagonal.
func (b bidiagonal) zeroStep(lo, hi int, q, p *givens.Sweeps) {
	d, e := b.d, b.e
	c, s, oldC, oldS := 1.0, 0.0, 1.0, 0.0
	for i := lo; i < hi; i++ {
		var r float64
		c, s, r = givens.Rotate(d[i]*c, e[i])
		p.Add(c, s)
		if i > lo {
			e[i-1] = oldS * r
		}
		oldC, oldS, d[i] = givens.Rotate(oldC*r, d[i+1]*s)
		q.Add(oldC, oldS)
	}
	h := d[hi] * c
	d[hi], e[hi-1] = h*oldC, h*oldS
}

// withWork calls a LAPACK routine twice: to ask how much memory it would like,
// and with that.
func withWork(routine func(work []float64, size int)) {
	size := []float64{0}
	routine(size, -1)
	routine(make([]float64, int(size[0])), int(size[0]))
}

package lowrank

import (
	"cmp"
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/loramerge/loramerge/internal/lowrank/gemm"
	"github.com/loramerge/loramerge/internal/lowrank/givens"
)

// eigen returns the eigenvalues of the symmetric matrix g [n, n] in falling order, and the
// eigenvectors as rows. An error is the context's or ErrNoConvergence.
func eigen(ctx context.Context, g gemm.Matrix[float64]) (values []float64, vectors gemm.Matrix[float64], err error) {
	t, err := tridiagonalize(ctx, g)
	if err != nil {
		return nil, vectors, err
	}
	rows := t.q()
	if err := t.diagonalize(ctx, rows); err != nil {
		return nil, rows, err
	}
	values, vectors = sorted(t.d, rows)
	return values, vectors, nil
}

// eigenvalues are those of eigen.
func eigenvalues(ctx context.Context, g gemm.Matrix[float64]) ([]float64, error) {
	t, err := tridiagonalize(ctx, g)
	if err != nil {
		return nil, err
	}
	err = t.diagonalize(ctx, gemm.Matrix[float64]{})
	slices.Sort(t.d)
	slices.Reverse(t.d)
	return t.d, err
}

// tridiagonal is a symmetric matrix [n, n] as Q·T·Qᵀ with T tridiagonal and Q = H₀·H₁·…,
// Hₖ = I − τₖ·vₖ·vₖᵀ (Golub and Van Loan, 2013, §8.3.1).
type tridiagonal struct {
	vs   gemm.Matrix[float64] // vₖ in row k, from column k+1 on
	tau  []float64
	d, e []float64 // T's diagonal and the one beside it
}

// tridiagonalize works on the upper triangle, whose rows are contiguous:
//
//	S ← H·S·H = S − v·wᵀ − w·vᵀ,  w = p − τ/2·(pᵀ·v)·v,  p = τ·S·v.
func tridiagonalize(ctx context.Context, g gemm.Matrix[float64]) (tridiagonal, error) {
	n := g.Rows
	t := tridiagonal{scaled(g, 1), make([]float64, n), make([]float64, n), make([]float64, n)}
	p := make([]float64, n)
	for k := range n {
		if err := ctx.Err(); err != nil {
			return t, err
		}
		t.d[k] = t.vs.Row(k)[k]
		v := t.vs.Row(k)[k+1:]
		if len(v) == 0 {
			break
		}
		tau := householder(v)
		t.tau[k], t.e[k], v[0] = tau, v[0], 1
		w := p[:len(v)]
		clear(w)
		for i, x := range v {
			row := t.vs.Row(k + 1 + i)[k+1+i:]
			w[i] += row[0]*x + floats.Dot(row[1:], v[i+1:])
			floats.AddScaled(w[i+1:], x, row[1:])
		}
		floats.Scale(tau, w)
		floats.AddScaled(w, -tau/2*floats.Dot(w, v), v)
		for i, x := range v {
			row := t.vs.Row(k + 1 + i)[k+1+i:]
			floats.AddScaled(row, -x, w[i:])
			floats.AddScaled(row, -w[i], v[i:])
		}
	}
	return t, nil
}

// q returns Qᵀ.
func (t tridiagonal) q() gemm.Matrix[float64] {
	n := len(t.d)
	qt := identity(n)
	for k := n - 2; k >= 0; k-- {
		v := t.vs.Row(k)[k+1:]
		for i := k + 1; i < n; i++ {
			row := qt.Row(i)[k+1:]
			floats.AddScaled(row, -t.tau[k]*floats.Dot(row, v), v)
		}
	}
	return qt
}

// diagonalize turns d into the eigenvalues and Qᵀ, unless it has no rows, into the
// eigenvectors, by the implicit QR method with Wilkinson's shift (Golub and Van Loan, 2013,
// §8.3.5), in the order of operations of LAPACK's dsteqr.
func (t tridiagonal) diagonalize(ctx context.Context, qt gemm.Matrix[float64]) error {
	d, e := t.d, t.e
	var sweeps givens.Sweeps
	left, tries := mostSweeps*len(d), 0
	for hi := len(d) - 1; hi > 0; {
		if sweeps.Len() > gathered {
			if err := ctx.Err(); err != nil {
				return err
			}
			sweeps.Apply(qt)
		}
		lo := hi
		for lo > 0 && !(math.Abs(e[lo-1]) <= tolerance(tries)*(math.Abs(d[lo-1])+math.Abs(d[lo]))) {
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
		t.step(lo, hi, &sweeps)
	}
	sweeps.Apply(qt)
	return ctx.Err()
}

// tolerance is the share of a value under which the element beside it counts as 0, after so
// many sweeps for the value. Of equal values it may stay a unit in their last place for ever.
func tolerance(sweeps int) float64 {
	if sweeps > mostSweeps {
		return 0x1p-50
	}
	return 0x1p-53
}

const (
	mostSweeps = 30      // for each value: on average fewer than two are needed
	gathered   = 1 << 12 // rotations that are applied together: 64 KiB
)

// step is one sweep over rows lo to hi.
func (t tridiagonal) step(lo, hi int, sweeps *givens.Sweeps) {
	d, e := t.d, t.e
	sweeps.Begin(lo)
	g := (d[hi-1] - d[hi]) / (2 * e[hi-1])
	g = d[lo] - d[hi] + e[hi-1]/(g+math.Copysign(math.Hypot(g, 1), g))
	c, s, p := 1.0, 1.0, 0.0
	for i := lo; i < hi; i++ {
		f, b := s*e[i], c*e[i]
		var r float64
		c, s, r = givens.Rotate(g, f)
		if i > lo {
			e[i-1] = r
		}
		g = d[i] - p
		r = (d[i+1]-g)*s + 2*c*b
		p = s * r
		d[i] = g + p
		g = c*r - b
		sweeps.Add(c, s)
	}
	d[hi] -= p
	e[hi-1] = g
}

// sorted brings values into falling order, and the rows of a matrix with them.
func sorted(values []float64, rows gemm.Matrix[float64]) ([]float64, gemm.Matrix[float64]) {
	out, order := sortedOrder(values)
	if rows.Rows == 0 {
		return out, gemm.New[float64](0, 0)
	}
	moved := gemm.New[float64](rows.Rows, rows.Cols)
	for to, from := range order {
		copy(moved.Row(to), rows.Row(from))
	}
	return out, moved
}

// sortedOrder is the values in falling order, and where each was.
func sortedOrder(values []float64) (falling []float64, order []int) {
	order = make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(values[j], values[i]) })
	falling = make([]float64, len(values))
	for to, from := range order {
		falling[to] = values[from]
	}
	return falling, order
}

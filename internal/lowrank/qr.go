package lowrank

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/loramerge/loramerge/internal/lowrank/gemm"
)

// leafCols is the width below which columns are eliminated one by one.
const leafCols = 8

// reflectors is the Householder QR of a tall matrix X [m, n], m ≥ n, in the
// compact form Q = I − V·T·Vᵀ of Schreiber and Van Loan (1989). Householder, not
// Cholesky of the Gram matrix: that breaks down for nearly dependent columns,
// which two checkpoints of one adapter have.
type reflectors struct {
	vt gemm.Matrix[float64] // Vᵀ [n, m]: unit diagonal, zeros left of it
	t  gemm.Matrix[float64] // T [n, n], upper triangular
	r  gemm.Matrix[float64] // R [n, n], upper triangular

	workers int
}

// factorQR factors X, given and overwritten as Xᵀ [n, m], whose columns so lie
// contiguous in memory.
func factorQR(xt gemm.Matrix[float64], workers int) *reflectors {
	n := xt.Rows
	q := &reflectors{vt: xt, t: gemm.New[float64](n, n), r: gemm.New[float64](n, n), workers: workers}
	q.eliminate(0, n)
	return q
}

// eliminate factors columns [from, to) by halves, so that all but a sliver of
// the work is matrix products (Elmroth and Gustavson, 2000):
//
//	X₂ ← Q₁ᵀ·X₂,  T₁₂ = −T₁·(V₁ᵀ·V₂)·T₂.
func (q *reflectors) eliminate(from, to int) {
	if to-from <= leafCols {
		for j := from; j < to; j++ {
			q.eliminateColumn(from, j, to)
		}
		return
	}
	mid, m := (from+to)/2, q.vt.Cols
	q.eliminate(from, mid)
	v1, t1 := q.vt.Part(from, mid, from, m), q.t.Part(from, mid, from, mid)
	reflect(q.vt.Part(mid, to, from, m), v1, t1, q.workers)
	q.eliminate(mid, to)
	v2, t2 := q.vt.Part(mid, to, mid, m), q.t.Part(mid, to, mid, to)
	overlap := multiply(q.vt.Part(from, mid, mid, m), v2.T(), q.workers)
	gemm.Mul(q.t.Part(from, mid, mid, to), negated(multiply(t1, overlap, q.workers)), t2, q.workers)
}

// reflect applies (I − V·T·Vᵀ)ᵀ to C, given as Cᵀ: Cᵀ ← Cᵀ − (Cᵀ·V)·T·Vᵀ.
func reflect(ct, vt, t gemm.Matrix[float64], workers int) {
	w := multiply(multiply(ct, vt.T(), workers), t, workers)
	gemm.AddMul(ct, negated(w), vt, workers)
}

// eliminateColumn turns column j into a reflector, moves its part of R away,
// applies it to the rest of the leaf [from, to) and extends T by
// T₀ⱼ = −τⱼ·T₀·(V₀ᵀ·vⱼ).
func (q *reflectors) eliminateColumn(from, j, to int) {
	row := q.vt.Row(j)
	tau := householder(row[j:])
	for i := range j + 1 {
		q.r.Row(i)[j] = row[i]
		row[i] = 0
	}
	row[j] = 1
	v := row[j:]
	for c := j + 1; c < to; c++ {
		x := q.vt.Row(c)[j:]
		floats.AddScaled(x, -tau*floats.Dot(v, x), v)
	}
	q.t.Row(j)[j] = tau
	for l := from; l < j; l++ {
		overlap := -tau * floats.Dot(q.vt.Row(l)[j:], v)
		for i := from; i <= l; i++ {
			q.t.Row(i)[j] += q.t.Row(i)[l] * overlap
		}
	}
}

// householder overwrites x by [β, v₁, …] with (I − τ·v·vᵀ)·x = [β, 0, …] and
// v₀ = 1, as LAPACK's dlarfg does, and returns τ. It needs no scaling: squares
// of float32 values neither overflow nor vanish in float64.
func householder(x []float64) (tau float64) {
	rest := floats.Dot(x[1:], x[1:])
	if rest == 0 {
		return 0
	}
	alpha := x[0]
	beta := -math.Copysign(math.Sqrt(alpha*alpha+rest), alpha)
	floats.Scale(1/(alpha-beta), x[1:])
	x[0] = beta
	return (beta - alpha) / beta
}

// lift returns (Q·P)ᵀ = (P − V·T·V₀ᵀ·P)ᵀ [r, m] for P [n, r], which stands above
// zeros and so meets only the first n rows V₀ of V.
func (q *reflectors) lift(p gemm.Matrix[float64]) gemm.Matrix[float64] {
	n, m := q.vt.Rows, q.vt.Cols
	lifted := gemm.New[float64](p.Cols, m)
	setScaled(lifted.Part(0, p.Cols, 0, n), p.T(), 1)
	w := multiply(multiply(p.T(), q.vt.Part(0, n, 0, n).T(), q.workers), q.t.T(), q.workers)
	gemm.AddMul(lifted, negated(w), q.vt, q.workers)
	return lifted
}

func multiply(a, b gemm.Matrix[float64], workers int) gemm.Matrix[float64] {
	dst := gemm.New[float64](a.Rows, b.Cols)
	gemm.Mul(dst, a, b, workers)
	return dst
}

// negated negates m, which it owns.
func negated(m gemm.Matrix[float64]) gemm.Matrix[float64] {
	floats.Scale(-1, m.Data)
	return m
}

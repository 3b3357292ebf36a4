package lowrank

import (
	"math"

	"github.com/loramerge/loramerge/internal/lowrank/gemm"
)

// leastSine2 is the least squared sine of the angle between a column and those before it
// for which the Gram matrix still serves: what is orthonormal is so within about
// k·2⁻⁵³/leastSine2, some 1e-8. Nearer ones, as of two checkpoints of one adapter or of
// zero columns, go through Householder QR.
const leastSine2 = 1e-6

// cholesky is the basis X·R⁻¹ of a tall X [m, k], held as Xᵀ, with the Cholesky factor R of
// its Gram matrix: XᵀX = Rᵀ·R. It takes half the multiplications of a QR, and all of them
// are those of a matrix product.
type cholesky struct {
	xt      gemm.Matrix[float64] // [k, m]
	r       gemm.Matrix[float64] // [k, k], upper triangular
	workers int
}

// choleskySide returns X as X·R⁻¹ and R; false where X is too near to dependent columns.
func choleskySide(xt gemm.Matrix[float64], workers int) (side, bool) {
	r := gramOfRows(xt, workers)
	for j := range r.Rows {
		row := r.Row(j)
		length := row[j]
		for i := range j {
			above := r.Row(i)[j]
			row[j] -= above * above
		}
		if !(row[j] > leastSine2*length) || math.IsInf(length, 0) {
			return side{}, false
		}
		row[j] = math.Sqrt(row[j])
		for i := range j {
			axpy(row[j+1:], -r.Row(i)[j], r.Row(i)[j+1:])
		}
		for l := j + 1; l < len(row); l++ {
			row[l] /= row[j]
		}
	}
	for j := range r.Rows {
		clear(r.Row(j)[:j])
	}
	return side{cholesky{xt, r, workers}, r}, true
}

func axpy(y []float64, a float64, x []float64) {
	x = x[:len(y)]
	for i := range y {
		y[i] += float64(a * x[i])
	}
}

// gramRows is how many rows of a Gram matrix are made at a time: only what is left of
// their diagonal is needed, and made.
const gramRows = 32

// gramOfRows returns x·xᵀ for x [k, n].
func gramOfRows(x gemm.Matrix[float64], workers int) gemm.Matrix[float64] {
	g := gemm.New[float64](x.Rows, x.Rows)
	for top := 0; top < x.Rows; top += gramRows {
		bottom := min(top+gramRows, x.Rows)
		gemm.Mul(g.Part(top, bottom, 0, bottom), x.Part(top, bottom, 0, x.Cols), x.Part(0, bottom, 0, x.Cols).T(), workers)
	}
	for i := range g.Rows {
		for j := range i {
			g.Row(j)[i] = g.Row(i)[j]
		}
	}
	return g
}

// lift solves R·Y = P from below and returns (X·Y)ᵀ.
func (c cholesky) lift(p gemm.Matrix[float64]) gemm.Matrix[float64] {
	y := scaled(p, 1)
	for i := y.Rows - 1; i >= 0; i-- {
		row, r := y.Row(i), c.r.Row(i)
		for l := i + 1; l < y.Rows; l++ {
			axpy(row, -r[l], y.Row(l))
		}
		for j := range row {
			row[j] /= r[i]
		}
	}
	return multiply(y.T(), c.xt, c.workers)
}

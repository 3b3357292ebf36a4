package lowrank

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/loramerge/loramerge/internal/lowrank/gemm"
)

// leastSine2 is the least squared sine of the angle between a column and those before it
// for which the Gram matrix still serves: what is orthonormal is so within about
// k·2⁻⁵³/leastSine2, some 1e-8. Nearer ones, as of two checkpoints of one adapter or of
// zero columns, go through Householder QR.
const leastSine2 = 1e-6

// cholesky is the basis X·R⁻¹ of a tall X [m, k], held as Xᵀ, with the Cholesky factor R of
// its Gram matrix: XᵀX = Rᵀ·R. It takes a fourth of the multiplications of a QR, and all of
// them are those of a matrix product. X is the caller's, and must stay as it is.
type cholesky struct {
	x       gemm.Matrix[float32] // [k, m]
	r       gemm.Matrix[float64] // [k, k], upper triangular
	workers int
}

// gramOf returns x·xᵀ for x [k, n]. When ctx ends it returns early, with what means nothing.
func gramOf(ctx context.Context, x gemm.Matrix[float32], workers int) gemm.Matrix[float64] {
	g := gemm.New[float64](x.Rows, x.Rows)
	step := gramChunk * max(1, interruptible/(gramChunk*x.Rows*x.Rows))
	for from := 0; from < x.Cols && ctx.Err() == nil; from += step {
		gemm.AddGram(g, x.Part(0, x.Rows, from, min(from+step, x.Cols)), workers)
	}
	return g
}

// factorCholesky overwrites the Gram matrix g with R, g = Rᵀ·R; false where it is that of
// too nearly dependent columns.
func factorCholesky(g gemm.Matrix[float64]) bool {
	for j := range g.Rows {
		row := g.Row(j)
		length := row[j]
		for i := range j {
			above := g.Row(i)[j]
			row[j] -= above * above
		}
		if !(row[j] > leastSine2*length) || math.IsInf(length, 0) {
			return false
		}
		row[j] = math.Sqrt(row[j])
		for i := range j {
			floats.AddScaled(row[j+1:], -g.Row(i)[j], g.Row(i)[j+1:])
		}
		for l := j + 1; l < len(row); l++ {
			row[l] /= row[j]
		}
	}
	for j := range g.Rows {
		clear(g.Row(j)[:j])
	}
	return true
}

// solve returns R⁻¹·p, from below.
func solve(r, p gemm.Matrix[float64]) gemm.Matrix[float64] {
	y := scaled(p, 1)
	for i := y.Rows - 1; i >= 0; i-- {
		row, r := y.Row(i), r.Row(i)
		for l := i + 1; l < y.Rows; l++ {
			floats.AddScaled(row, -r[l], y.Row(l))
		}
		for j := range row {
			row[j] /= r[i]
		}
	}
	return y
}

func (c cholesky) lift(p gemm.Matrix[float64]) gemm.Matrix[float64] {
	return combine(c.x, solve(c.r, p), c.workers)
}

// combine returns (X·Y)ᵀ [r, m] for X [m, k], given as Xᵀ, and Y [k, r]; X·Y lies in memory
// as X does.
func combine(xt gemm.Matrix[float32], y gemm.Matrix[float64], workers int) gemm.Matrix[float64] {
	product := gemm.New[float64](y.Cols, xt.Cols)
	if xt.ColStep != 1 {
		product = gemm.New[float64](xt.Cols, y.Cols).T()
	}
	gemm.MulWide(product.T(), xt.T(), y, workers)
	return product
}

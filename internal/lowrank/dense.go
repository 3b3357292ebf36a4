package lowrank

import (
	"fmt"
	"math"

	"github.com/loramerge/loramerge/internal/kernels"
	"github.com/loramerge/loramerge/internal/lowrank/gemm"
)

// Dense sets dst [out, in] to the matrix P = B·A on at most workers goroutines.
//
// It is computed in float32, with |error| ≤ γ·Σ|b·a| for each element and
// γ ≈ (min(k, 256) + k/256)·2⁻²⁴ (see gemm.Mul). An element of P beyond float32
// becomes ±Inf, never NaN.
func Dense(dst Matrix, p Product, workers int) {
	checkDense(dst, p)
	if overflows(p) {
		multiplyExactly(dst, p, workers)
		return
	}
	gemm.Mul(dst.view(), p.B.view(), p.A.view(), workers)
}

func checkDense(dst Matrix, p Product) {
	dst.check()
	p.check()
	if out, in := p.Shape(); dst.Rows != out || dst.Cols != in {
		panic(fmt.Sprintf("lowrank: dst [%d, %d] for a product of shape [%d, %d]", dst.Rows, dst.Cols, out, in))
	}
}

// overflows reports whether a partial sum of B·A may leave the range of
// float32: there Inf − Inf would make NaN of a finite sum.
func overflows(p Product) bool {
	bound := float64(p.Rank()) * float64(kernels.MaxAbs(p.B.Data)) * float64(kernels.MaxAbs(p.A.Data))
	return !(bound < math.MaxFloat32/2)
}

// denseChunk is how many rows are computed in float64 at a time.
const denseChunk = 96

// multiplyExactly works in float64, which has room for all sums of products of float32
// values, and rounds once.
func multiplyExactly(dst Matrix, p Product, workers int) {
	a := widened(p.A.view())
	for from := 0; from < dst.Rows; from += denseChunk {
		to := min(from+denseChunk, dst.Rows)
		sum := multiply(widened(p.B.view().Part(from, to, 0, p.Rank())), a, workers)
		for i, x := range sum.Data {
			dst.Data[from*dst.Cols+i] = float32(x)
		}
	}
}

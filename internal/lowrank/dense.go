package lowrank

import (
	"context"
	"fmt"
	"math"

	"github.com/loramerge/loramerge/internal/kernels"
	"github.com/loramerge/loramerge/internal/lowrank/gemm"
)

// Dense sets dst [out, in] to the matrix P = B·A on at most workers goroutines.
//
// It is computed in float32, with |error| ≤ γ·Σ|b·a| for each element and
// γ ≈ (min(k, 256) + k/256)·2⁻²⁴ (see gemm.Mul). An element of P beyond float32
// becomes ±Inf, never NaN. When ctx ends it returns early, and dst means nothing.
func Dense(ctx context.Context, dst Matrix, p Product, workers int) {
	checkDense(dst, p)
	if overflows(p) {
		multiplyExactly(ctx, dst, p, workers)
		return
	}
	rows := max(denseChunk, interruptible/(p.Rank()*dst.Cols))
	for from := 0; from < dst.Rows && ctx.Err() == nil; from += rows {
		to := min(from+rows, dst.Rows)
		gemm.Mul(dst.view().Part(from, to, 0, dst.Cols), p.B.view().Part(from, to, 0, p.Rank()), p.A.view(), workers)
	}
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

// interruptible is a number of multiplications that one core gets through in a fraction
// of a second.
const interruptible = 1 << 31

// denseChunk is how many rows are computed in float64 at a time.
const denseChunk = 96

// multiplyExactly works in float64, which has room for all sums of products of float32
// values, and rounds once.
func multiplyExactly(ctx context.Context, dst Matrix, p Product, workers int) {
	a := widened(p.A.view())
	for from := 0; from < dst.Rows && ctx.Err() == nil; from += denseChunk {
		to := min(from+denseChunk, dst.Rows)
		sum := multiply(widened(p.B.view().Part(from, to, 0, p.Rank())), a, workers)
		for i, x := range sum.Data {
			dst.Data[from*dst.Cols+i] = float32(x)
		}
	}
}

package gemm

import (
	"fmt"

	"github.com/loramerge/loramerge/internal/parallel"
)

// Mul sets dst [m, n] to a·b with a [m, k] and b [k, n] on at most workers
// goroutines. dst must be contiguous along its rows or its columns and must not
// overlap a or b. The result does not depend on workers. It panics if the
// shapes don't fit.
//
// For each element |error| ≤ γ·Σ|a·b| with γ ≈ (min(k, 256) + k/256)·u and u
// the unit roundoff of T (Higham, Accuracy and Stability of Numerical
// Algorithms, 2002, §3.1, for blocked sums).
func Mul[T Float](dst, a, b Matrix[T], workers int) {
	product[T]{dst, a, b, false}.run(workers)
}

// AddMul adds a·b to dst; otherwise as Mul.
func AddMul[T Float](dst, a, b Matrix[T], workers int) {
	product[T]{dst, a, b, true}.run(workers)
}

// product is one multiplication dst = a·b, or dst += a·b.
type product[T Float] struct {
	dst, a, b Matrix[T]
	add       bool
}

// worthSharing is the number of multiplications below which starting a
// goroutine costs more than it saves.
const worthSharing = 1 << 18

func (p product[T]) run(workers int) {
	if p.dst.Rows != p.a.Rows || p.dst.Cols != p.b.Cols || p.a.Cols != p.b.Rows {
		panic(fmt.Sprintf("gemm: dst %d×%d = a %d×%d · b %d×%d",
			p.dst.Rows, p.dst.Cols, p.a.Rows, p.a.Cols, p.b.Rows, p.b.Cols))
	}
	if p.dst.ColStep != 1 {
		p.dst, p.a, p.b = p.dst.T(), p.b.T(), p.a.T()
	}
	if p.dst.ColStep != 1 {
		panic("gemm: dst is contiguous neither along its rows nor along its columns")
	}
	if p.dst.Rows*p.dst.Cols*p.a.Cols < worthSharing {
		workers = 1
	}
	p.share(workers)
}

// share splits dst along its longer side. The inner dimension is never split:
// that would make the order of the sum depend on workers.
func (p product[T]) share(workers int) {
	if p.dst.Rows >= p.dst.Cols {
		parallel.Ranges(p.dst.Rows, tileRows, workers, func(from, to int) {
			product[T]{p.dst.Part(from, to, 0, p.dst.Cols), p.a.Part(from, to, 0, p.a.Cols), p.b, p.add}.multiply()
		})
		return
	}
	parallel.Ranges(p.dst.Cols, panelCols[T](), workers, func(from, to int) {
		product[T]{p.dst.Part(0, p.dst.Rows, from, to), p.a, p.b.Part(0, p.b.Rows, from, to), p.add}.multiply()
	})
}

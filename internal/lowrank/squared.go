package lowrank

import (
	"context"
	"math"

	"github.com/loramerge/loramerge/internal/lowrank/gemm"
	"github.com/loramerge/loramerge/internal/parallel"
)

// squared is the operator H = Xᵀ·X [n, n] of a matrix X [m, n], m ≥ n, which is w or
// its transpose times a power of two that brings its norm to between ½ and 1. Of a
// wide w the transpose is taken, so that the vectors H works on are short.
type squared struct {
	w       Matrix
	scale   float64
	workers int
}

func newSquared(w Matrix, norm float64, workers int) squared {
	_, exponent := math.Frexp(norm)
	return squared{w: w, scale: math.Ldexp(1, -max(-100, exponent)), workers: workers}
}

func (h squared) tall() bool { return h.w.Rows >= h.w.Cols }

// shape is m and n.
func (h squared) shape() (m, n int) {
	return max(h.w.Rows, h.w.Cols), min(h.w.Rows, h.w.Cols)
}

// times returns Zᵀ [b, n] of Z = H·V for V given as Vᵀ [b, n], in float64 if wide, else in
// float32. An error is the context's.
func (h squared) times(ctx context.Context, vt gemm.Matrix[float64], wide bool) (zt gemm.Matrix[float64], err error) {
	if wide {
		z, err := timesIn(ctx, h, scaled(vt, h.scale))
		if err != nil || h.tall() {
			return z, err
		}
		return scaled(z, 1), nil
	}
	z, err := timesIn(ctx, h, narrowed(vt, h.scale))
	if err != nil {
		return zt, err
	}
	return widened(z), nil
}

// chunk is how many rows of X are worked on at a time: while they are in a cache they
// give their part of Y = X·V, and with it of Z = Xᵀ·Y.
const chunk = 96

// timesIn computes in T.
func timesIn[T gemm.Float](ctx context.Context, h squared, vt gemm.Matrix[T]) (zt gemm.Matrix[T], err error) {
	_, n := h.shape()
	z := gemm.New[T](vt.Rows, n)
	if !h.tall() {
		z = gemm.New[T](n, vt.Rows).T()
	}
	err = eachChunk(ctx, h, vt, func(_ int, x, yt gemm.Matrix[T]) {
		for i := range yt.Data {
			yt.Data[i] *= T(h.scale)
		}
		gemm.AddMul(z, yt, x, h.workers)
	})
	return z, err
}

// forward returns (X·V)ᵀ [b, m] in float64.
func (h squared) forward(ctx context.Context, vt gemm.Matrix[float64]) (gemm.Matrix[float64], error) {
	m, _ := h.shape()
	all := gemm.New[float64](vt.Rows, m)
	err := eachChunk(ctx, h, scaled(vt, h.scale), func(from int, _, yt gemm.Matrix[float64]) {
		setScaled(all.Part(0, yt.Rows, from, from+yt.Cols), yt, 1)
	})
	return all, err
}

// eachChunk calls do with rows of X from one on, and (X·V)ᵀ of these rows.
func eachChunk[T gemm.Float](ctx context.Context, h squared, vt gemm.Matrix[T], do func(from int, x, yt gemm.Matrix[T])) error {
	m, n := h.shape()
	b := vt.Rows
	size := min(chunk, m)
	if h.tall() {
		vt = transposed(vt).T() // so that its rows can be packed, not its columns
	}
	var x []T
	if !isNarrow[T]() {
		x = make([]T, size*n)
	}
	y := make([]T, size*b)
	for from := 0; from < m; from += chunk {
		if err := ctx.Err(); err != nil {
			return err
		}
		to := min(from+chunk, m)
		part := partOf(h, from, to, x)
		yt := gemm.Of(to-from, b, y[:(to-from)*b]).T()
		if !h.tall() {
			yt = gemm.Of(b, to-from, y[:(to-from)*b])
		}
		gemm.Mul(yt, vt, part.T(), h.workers)
		do(from, part, yt)
	}
	return nil
}

func transposed[T gemm.Float](m gemm.Matrix[T]) gemm.Matrix[T] {
	t := gemm.New[T](m.Cols, m.Rows)
	for i := range m.Rows {
		for j, x := range m.Row(i) {
			t.Data[j*m.Rows+i] = x
		}
	}
	return t
}

func isNarrow[T gemm.Float]() bool {
	_, ok := any(T(0)).(float32)
	return ok
}

// partOf is rows [from, to) of X: rows of w or, of its transpose, columns. In float64
// they are put into a buffer, in the order of w.
func partOf[T gemm.Float](h squared, from, to int, buffer []T) gemm.Matrix[T] {
	w := h.w.view()
	if h.tall() {
		w = w.Part(from, to, 0, w.Cols)
	} else {
		w = w.Part(0, w.Rows, from, to)
	}
	part, ok := any(w).(gemm.Matrix[T])
	if !ok {
		part = gemm.Of(w.Rows, w.Cols, buffer[:w.Rows*w.Cols])
		wide := any(part).(gemm.Matrix[float64])
		parallel.Ranges(w.Rows, 1, h.workers, func(i, j int) {
			widen(wide.Part(i, j, 0, w.Cols), w.Part(i, j, 0, w.Cols))
		})
	}
	if !h.tall() {
		part = part.T()
	}
	return part
}

package lowrank

import (
	"context"
	"fmt"
	"math"

	"github.com/loramerge/loramerge/internal/lowrank/gemm"
	"github.com/loramerge/loramerge/internal/parallel"
)

// DecomposeDense returns the singular value decomposition of w [out, in], at least as
// far as Truncate(rank) needs it, and the rest: the root of the sum of the squares of those
// values that S lacks. len(S) is min(rank, out, in), or more where that was no more work.
//
// The residual ‖w − w_rank‖ in the Frobenius norm is at most 1.001 times the optimal one, the root of the sum of the
// squares of the values left out, or within 1e-6·‖w‖ of it where that is more. The rank
// values are found in a block Krylov space of wᵀ·w that is grown from a fixed random start
// until that is proven (see search), by a bound on all that may be outside it which fails
// with a probability of less than 1e-9. A rank of more than about a fifth of min(out, in)
// takes a full decomposition.
//
// The squares of S and of the rest sum to ‖w‖². An element that is NaN or ±Inf gives
// ErrNotFinite, a search that comes to no end ErrNoConvergence, of which no case is known.
// When ctx ends, its error is returned within a fraction of a second. It panics unless
// rank > 0.
func DecomposeDense(ctx context.Context, w Matrix, rank, workers int) (d SVD, rest float64, err error) {
	w.check()
	if rank <= 0 {
		panic(fmt.Sprintf("lowrank: decomposition to rank %d", rank))
	}
	rank = min(rank, w.Rows, w.Cols)
	norm := frobenius(w, workers)
	if math.IsNaN(norm) || math.IsInf(norm, 0) {
		return SVD{}, 0, ErrNotFinite
	}
	if block, whole := blockFor(rank, w.Rows, w.Cols); !whole {
		h := newSquared(w, norm, workers)
		f, err := newSearch(h, norm, rank).run(ctx, block)
		if err != nil {
			return SVD{}, 0, err
		}
		d, err = f.decompose(ctx, h, norm)
		return d, math.Sqrt(max(0, norm*norm-tail(d.S, 0))), err
	}
	if d, err = decomposeWhole(ctx, w, norm, workers); err != nil {
		return SVD{}, 0, err
	}
	return d, 0, nil
}

// blockFor returns the width of the start block for a rank: some vectors more than
// asked for, which speeds up convergence, and whole panels of the kernel. For a block
// that is a large part of the matrix [out, in] a full decomposition costs no more.
func blockFor(rank, out, in int) (block int, whole bool) {
	block = (rank + max(8, rank/2) + 15) / 16 * 16
	return block, 3*(block+probes) > min(out, in)
}

// decompose is the decomposition of X·V·Vᵀ = Y·Vᵀ, without the scale.
func (f found) decompose(ctx context.Context, h squared, norm float64) (SVD, error) {
	q := factorQR(f.yt, h.workers)
	for i := range q.r.Data {
		q.r.Data[i] /= h.scale
	}
	noise := roundingNoise(h.w.Rows, h.w.Cols) * norm
	if h.tall() {
		return decomposeCore(ctx, q, explicit{f.vt}, q.r, noise)
	}
	return decomposeCore(ctx, explicit{f.vt}, q, q.r.T(), noise)
}

// explicit is a basis whose vectors are the rows of a matrix.
type explicit struct {
	qt gemm.Matrix[float64]
}

func (e explicit) lift(p gemm.Matrix[float64]) gemm.Matrix[float64] {
	return multiply(p.T(), e.qt, 1)
}

// DecomposeDenseBytes is an upper bound of the memory in bytes that
// DecomposeDense of a matrix [out, in], and a Truncate of its result, take at
// their peak beside their argument: a few blocks of vectors, each about 1.5·rank wide, and
// no copy of the matrix, unless rank calls for a full decomposition.
func DecomposeDenseBytes(out, in, rank, workers int) int64 {
	rank = min(rank, out, in)
	block, whole := blockFor(rank, out, in)
	if whole {
		return DecomposeBytes(out, in, min(out, in), workers)
	}
	m, n, b, room := int64(max(out, in)), int64(min(out, in)), int64(block+probes), int64(max(roomFor(block, min(out, in)), roomFor(block+probes, min(out, in))))
	return 8*(n*(room+6*b)+4*m*int64(rank)+min(chunk, m)*(n+b)+8*room*room) + int64(workers)*PackBytes
}

// decomposeWhole decomposes a matrix that is small or of which much is asked,
// by QR of its longer side.
func decomposeWhole(ctx context.Context, w Matrix, norm float64, workers int) (SVD, error) {
	noise := roundingNoise(w.Rows, w.Cols) * norm
	xt := w.view()
	if w.Rows >= w.Cols {
		xt = xt.T()
	}
	tall, err := sideOf(ctx, xt, workers)
	if err != nil {
		return SVD{}, err
	}
	return abandonable(ctx, func() (SVD, error) {
		if w.Rows >= w.Cols {
			return decomposeCore(ctx, tall.basis, unit{}, tall.core, noise)
		}
		return decomposeCore(ctx, unit{}, tall.basis, tall.core.T(), noise)
	})
}

// frobenius returns ‖w‖, summed in float64 within each row, then over the rows.
func frobenius(w Matrix, workers int) float64 {
	squares := make([]float64, w.Rows)
	parallel.Ranges(w.Rows, 1, workers, func(from, to int) {
		for i := from; i < to; i++ {
			squares[i] = sumOfSquares(w.Row(i))
		}
	})
	var sum float64
	for _, x := range squares {
		sum += x
	}
	return math.Sqrt(sum)
}

// sumOfSquares has four chains, because one would wait for each sum.
func sumOfSquares(x []float32) float64 {
	var s [4]float64
	for ; len(x) >= 4; x = x[4:] {
		for l := range 4 {
			s[l] += float64(x[l]) * float64(x[l])
		}
	}
	for l, v := range x {
		s[l] += float64(v) * float64(v)
	}
	return s[0] + s[1] + s[2] + s[3]
}

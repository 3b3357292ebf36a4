package lowrank

import (
	"fmt"
	"math"

	"github.com/loramerge/loramerge/internal/parallel"
)

// DecomposeDense returns the leading part of the singular value decomposition
// of w [out, in], enough for Truncate(rank), and the residual ‖w − w_rank‖ in the
// Frobenius norm. len(S) is min(rank, out, in).
//
// The residual is within 0.1 % of the optimal one, the root of the sum of the
// squares of the values left out, or within 1e-6·‖w‖ of it where that is more.
// The rank values of the result are found by block iteration from a fixed start
// (see blockIteration for how its end is known), at a cost of some tens of
// out·in·rank; if rank is above about a third of min(out, in), by a full
// decomposition, in which rank plays no part.
//
// The squares of S and the residual sum to ‖w‖². An element that is NaN or ±Inf gives
// ErrNotFinite. It panics unless rank > 0.
func DecomposeDense(w Matrix, rank, workers int) (d SVD, residual float64, err error) {
	w.check()
	if rank <= 0 {
		panic(fmt.Sprintf("lowrank: decomposition to rank %d", rank))
	}
	rank = min(rank, w.Rows, w.Cols)
	norm := frobenius(w, workers)
	if math.IsNaN(norm) || math.IsInf(norm, 0) {
		return SVD{}, 0, ErrNotFinite
	}
	block, whole := blockFor(rank, w.Rows, w.Cols)
	if whole {
		d, err = decomposeWhole(w, norm, workers)
		residual = math.Sqrt(tail(d.S, rank))
	} else {
		d, residual, err = newBlockIteration(w, norm, block, rank, workers).run()
	}
	if err != nil {
		return SVD{}, 0, err
	}
	d.S = d.S[:rank:rank]
	return d, residual, nil
}

// DecomposeDenseBytes is an upper bound of the memory in bytes that
// DecomposeDense of a matrix [out, in], and a Truncate of its result, take at
// their peak beside their argument: a few blocks [out, b] and [in, b] with b
// about 1.5·rank, and no copy of the matrix, unless rank calls for a full
// decomposition.
func DecomposeDenseBytes(out, in, rank, workers int) int64 {
	rank = min(rank, out, in)
	block, whole := blockFor(rank, out, in)
	if whole {
		return DecomposeBytes(out, in, min(out, in), workers)
	}
	o, i, b := int64(out), int64(in), int64(block)
	return 8*(5*(o+i)*b+min(wideRows, o)*i+12*b*b) + int64(workers)*PackBytes
}

// decomposeWhole decomposes a matrix that is small or of which much is asked,
// by QR of its longer side.
func decomposeWhole(w Matrix, norm float64, workers int) (SVD, error) {
	noise := roundingNoise(w.Rows, w.Cols) * norm
	if w.Rows >= w.Cols {
		tall := sideOf(w.view().T(), workers)
		return decomposeCore(tall.basis, unit{}, tall.core, noise)
	}
	tall := sideOf(w.view(), workers)
	return decomposeCore(unit{}, tall.basis, tall.core.T(), noise)
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

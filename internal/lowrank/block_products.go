package lowrank

import (
	"github.com/loramerge/loramerge/internal/lowrank/gemm"
	"github.com/loramerge/loramerge/internal/parallel"
)

// forward returns (w·V)ᵀ·scale [b, m]. The thin factor, not w, is scaled, so
// that in float32 no sum overflows or loses digits.
func (it *blockIteration) forward() gemm.Matrix[float64] {
	block := it.vt.Rows
	if !it.wide {
		y := gemm.New[float32](it.w.Rows, block)
		gemm.Mul(y, it.w.view(), narrowed(it.vt, it.scale).T(), it.workers)
		return widened(y.T())
	}
	yt, vt := gemm.New[float64](block, it.w.Rows), scaled(it.vt, it.scale)
	it.eachWideChunk(func(from, to int, chunk gemm.Matrix[float64]) {
		gemm.Mul(yt.Part(0, block, from, to).T(), chunk, vt.T(), it.workers)
	})
	return yt
}

// backward returns (wᵀ·Q)ᵀ·scale [b, n], given Qᵀ.
func (it *blockIteration) backward(qt gemm.Matrix[float64]) gemm.Matrix[float64] {
	block := qt.Rows
	if !it.wide {
		zt := gemm.New[float32](block, it.w.Cols)
		gemm.Mul(zt, narrowed(qt, it.scale), it.w.view(), it.workers)
		return widened(zt)
	}
	zt, qt := gemm.New[float64](block, it.w.Cols), scaled(qt, it.scale)
	it.eachWideChunk(func(from, to int, chunk gemm.Matrix[float64]) {
		gemm.AddMul(zt, qt.Part(0, block, from, to), chunk, it.workers)
	})
	return zt
}

// wideRows is how many rows of w are widened to float64 at a time.
const wideRows = 192

// eachWideChunk calls do with rows [from, to) of w in float64.
func (it *blockIteration) eachWideChunk(do func(from, to int, chunk gemm.Matrix[float64])) {
	buffer := gemm.New[float64](min(wideRows, it.w.Rows), it.w.Cols)
	for from := 0; from < it.w.Rows; from += wideRows {
		to := min(from+wideRows, it.w.Rows)
		chunk := buffer.Part(0, to-from, 0, it.w.Cols)
		parallel.Ranges(to-from, 1, it.workers, func(i, j int) {
			widen(chunk.Part(i, j, 0, chunk.Cols), it.w.view().Part(from+i, from+j, 0, chunk.Cols))
		})
		do(from, to, chunk)
	}
}

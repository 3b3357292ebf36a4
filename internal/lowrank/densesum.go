package lowrank

import (
	"context"

	"github.com/loramerge/loramerge/internal/lowrank/gemm"
)

// DenseSum sets dst [out, in] to Σ wᵢ·Bᵢ·Aᵢ on at most workers goroutines, computed in
// float64 and rounded once; an element beyond float32 becomes ±Inf. Neither a product nor
// the stack of the factors is held on the way, so that the memory depends on no rank. It
// panics unless there are as many weights as products, at least one, of one shape. When
// ctx ends it returns early, and dst means nothing.
func DenseSum(ctx context.Context, dst Matrix, ws []float64, ps []Product, workers int) {
	checkConcat(ws, ps)
	checkDense(dst, ps[0])
	for from := 0; from < dst.Rows; from += sumRows {
		to := min(from+sumRows, dst.Rows)
		sum := gemm.New[float64](to-from, dst.Cols)
		for i, p := range ps {
			if ctx.Err() != nil {
				return
			}
			if ws[i] != 0 {
				addRows(sum, ws[i], p, from, to, workers)
			}
		}
		for i, x := range sum.Data {
			dst.Data[from*dst.Cols+i] = float32(x)
		}
	}
}

const (
	sumRows  = 192 // rows of dst at a time
	sumRanks = 256 // of a product at a time
)

// addRows adds rows [from, to) of weight·B·A to sum.
func addRows(sum gemm.Matrix[float64], weight float64, p Product, from, to, workers int) {
	for k := 0; k < p.Rank(); k += sumRanks {
		end := min(k+sumRanks, p.Rank())
		b := scaled(widened(p.B.view().Part(from, to, k, end)), weight)
		a := widened(p.A.view().Part(k, end, 0, p.A.Cols))
		gemm.AddMul(sum, b, a, workers)
	}
}

// DenseSumBytes is an upper bound of the memory in bytes that DenseSum takes for a result
// with that many columns, beside its arguments.
func DenseSumBytes(in, workers int) int64 {
	return 8*(int64(sumRows+sumRanks)*int64(in)+2*sumRows*sumRanks) + int64(workers)*PackBytes
}

package lowrank

import (
	"context"
	"math"

	"github.com/loramerge/loramerge/internal/kernels"
)

// Spread is [0, n), or a fixed sample of most of it: one out of each of so many equal
// stretches, at a place that follows the golden ratio, so that no period of a matrix
// (a head's width, say) meets one of the sample's.
func Spread(n, most int) []int {
	count := min(n, most)
	all := make([]int, count)
	for k := range all {
		from, to := k*n/count, (k+1)*n/count
		_, at := math.Modf(float64(k) * math.Phi)
		all[k] = from + int(at*float64(to-from))
	}
	return all
}

// Sample is scale·B·A at some rows and columns: the product of those rows of B and columns of A.
func (p Product) Sample(rows, columns []int, scale float64) Product {
	out := Product{B: NewMatrix(len(rows), p.Rank()), A: NewMatrix(p.Rank(), len(columns))}
	for k, row := range rows {
		kernels.Scale(out.B.Row(k), p.B.Row(row), float32(scale))
	}
	for i := range p.A.Rows {
		from, to := p.A.Row(i), out.A.Row(i)
		for k, column := range columns {
			to[k] = from[column]
		}
	}
	return out
}

// stripRows is how many rows are multiplied out at a time: few enough to stay in a cache.
const stripRows = 64

// Strips multiplies deltas s·B·A of one shape [out, in] out in float32, at no more than side rows and side columns of a
// fixed sample ([Spread]), and looks at some of the rows at a time: at a matrix for each delta, whose memory is used
// again. It returns how many rows and columns the sample has; where ctx ends, not all of them were looked at.
func Strips(ctx context.Context, deltas []Product, scales []float64, side int, look func(strips []Matrix)) (rows, columns int) {
	out, in := deltas[0].Shape()
	atRows, atColumns := Spread(out, side), Spread(in, side)
	rows, columns = len(atRows), len(atColumns)
	picked, all, now := make([]Product, len(deltas)), make([]Matrix, len(deltas)), make([]Matrix, len(deltas))
	for i, d := range deltas {
		picked[i], all[i] = d.Sample(atRows, atColumns, scales[i]), NewMatrix(stripRows, columns)
	}
	for from := 0; from < rows && ctx.Err() == nil; from += stripRows {
		to := min(from+stripRows, rows)
		for i, d := range picked {
			now[i] = Matrix{Rows: to - from, Cols: columns, Data: all[i].Data[:(to-from)*columns]}
			b := Matrix{Rows: to - from, Cols: d.B.Cols, Data: d.B.Data[from*d.B.Cols : to*d.B.Cols]}
			Dense(ctx, now[i], Product{B: b, A: d.A}, 1)
		}
		look(now)
	}
	return rows, columns
}

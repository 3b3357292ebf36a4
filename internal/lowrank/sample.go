package lowrank

import (
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

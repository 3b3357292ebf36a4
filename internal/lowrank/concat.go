package lowrank

import "fmt"

// Concat returns the weighted sum Σ wᵢ·Bᵢ·Aᵢ as one product of rank Σ kᵢ:
//
//	B = [w₁·B₁ … wₙ·Bₙ],  A = [A₁; …; Aₙ].
//
// The sum is exact but for one rounding of each wᵢ·Bᵢ to float32. It panics
// unless there are as many weights as products, at least one, of one shape.
func Concat(ws []float64, ps []Product) Product {
	if len(ps) == 0 || len(ws) != len(ps) {
		panic(fmt.Sprintf("lowrank: %d weights for %d products", len(ws), len(ps)))
	}
	checkSameShape(ps...)
	out, in := ps[0].Shape()
	rank := 0
	for _, p := range ps {
		rank += p.Rank()
	}
	sum := Product{B: NewMatrix(out, rank), A: NewMatrix(rank, in)}
	at := 0
	for i, p := range ps {
		copy(sum.A.Data[at*in:], p.A.Data)
		putColumns(sum.B, at, p.B, ws[i])
		at += p.Rank()
	}
	return sum
}

// putColumns writes weight·src into dst from column at on.
func putColumns(dst Matrix, at int, src Matrix, weight float64) {
	for i := range src.Rows {
		row := dst.Row(i)[at:]
		for j, x := range src.Row(i) {
			row[j] = float32(weight * float64(x))
		}
	}
}

package lowrank

import (
	"context"
	"fmt"

	"github.com/loramerge/loramerge/internal/lowrank/gemm"
)

// Concat returns the weighted sum Σ wᵢ·Bᵢ·Aᵢ as one product of rank Σ kᵢ:
//
//	B = [w₁·B₁ … wₙ·Bₙ],  A = [A₁; …; Aₙ].
//
// The sum is exact but for one rounding of each wᵢ·Bᵢ to float32. It panics
// unless there are as many weights as products, at least one, of one shape.
func Concat(ws []float64, ps []Product) Product {
	out, in, rank := checkConcat(ws, ps)
	sum := Product{B: NewMatrix(out, rank), A: NewMatrix(rank, in)}
	ConcatTo(sum, ws, ps)
	return sum
}

// ConcatTo sets sum, whose rank is Σ kᵢ, to what Concat returns.
func ConcatTo(sum Product, ws []float64, ps []Product) {
	out, in, rank := checkConcat(ws, ps)
	sum.check()
	if o, i := sum.Shape(); o != out || i != in || sum.Rank() != rank {
		panic(fmt.Sprintf("lowrank: [%d, %d] of rank %d for a sum [%d, %d] of rank %d", o, i, sum.Rank(), out, in, rank))
	}
	at := 0
	for _, p := range ps {
		copy(sum.A.Data[at*in:], p.A.Data)
		at += p.Rank()
	}
	for i := range out {
		row := sum.B.Row(i)
		for t, p := range ps {
			putScaled(row, p.B.Row(i), ws[t])
			row = row[p.Rank():]
		}
	}
}

// ConcatOrthonormal is Concat for sums of which much cancels, where roundings of each
// wᵢ·Bᵢ are large beside what is left. With [A₁; …; Aₙ]ᵀ = Q·R, Q [in, min(in, Σ kᵢ)]
// orthonormal, it returns
//
//	B = [w₁·B₁ … wₙ·Bₙ]·Rᵀ,  A = Qᵀ,
//
// padded with zeros to rank Σ kᵢ, computed in float64: its error is a small multiple of
// 2⁻²⁴ of the norm of the result. It works on at most workers goroutines, in memory that
// DecomposeBytes bounds. When ctx ends, its error is returned at once.
func ConcatOrthonormal(ctx context.Context, ws []float64, ps []Product, workers int) (Product, error) {
	out, in, rank := checkConcat(ws, ps)
	stack, b := NewMatrix(rank, in), gemm.New[float64](out, rank)
	row := 0
	for i, p := range ps {
		next := row + p.Rank()
		copy(stack.Data[row*in:], p.A.Data)
		setScaled(b.Part(0, out, row, next), widened(p.B.view()), ws[i])
		row = next
	}
	a, err := sideOf(ctx, stack.view(), workers)
	if err != nil {
		return Product{}, err
	}
	return abandonable(ctx, func() (Product, error) {
		sum := Product{B: NewMatrix(out, rank), A: NewMatrix(rank, in)}
		sum.setOrthonormal(multiply(b, a.core.T(), workers), a.basis)
		return sum, nil
	})
}

// setOrthonormal sets p to left·Qᵀ.
func (p Product) setOrthonormal(left gemm.Matrix[float64], q basis) {
	qt := q.lift(identity(left.Cols))
	narrow(p.B.view().Part(0, left.Rows, 0, left.Cols), left)
	narrow(p.A.view().Part(0, qt.Rows, 0, qt.Cols), qt)
}

// checkConcat gives the shape of Σ wᵢ·Bᵢ·Aᵢ, and Σ kᵢ.
func checkConcat(ws []float64, ps []Product) (out, in, rank int) {
	if len(ps) == 0 || len(ws) != len(ps) {
		panic(fmt.Sprintf("lowrank: %d weights for %d products", len(ws), len(ps)))
	}
	checkSameShape(ps...)
	out, in = ps[0].Shape()
	for _, p := range ps {
		rank += p.Rank()
	}
	return out, in, rank
}

// putScaled writes weight·src into dst.
func putScaled(dst, src []float32, weight float64) {
	if weight == 1 {
		copy(dst, src)
		return
	}
	for j, x := range src {
		dst[j] = float32(weight * float64(x))
	}
}

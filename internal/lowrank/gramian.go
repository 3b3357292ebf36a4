package lowrank

import (
	"context"
	"slices"

	"github.com/loramerge/loramerge/internal/lowrank/gemm"
)

// stackedRank bounds the ranks that are stacked for one product: their Gram matrix
// takes 8 bytes a pair, 8 MiB here.
const stackedRank = 1 << 10

// Gram returns the n×n symmetric matrix of the inner products of n products of
// one shape, in row-major order: elements i·n+j and j·n+i, i ≤ j, are
// Inner(ps[i], ps[j]). All factors are stacked and multiplied at once where their
// ranks allow, which widens each of them once instead of n times.
// When ctx ends it returns early, with what means nothing.
func Gram(ctx context.Context, ps []Product) []float64 {
	checkSameShape(ps...)
	n, ranks := len(ps), 0
	for _, p := range ps {
		ranks += p.Rank()
	}
	between := func(i, j int) float64 { return innerUntil(ctx, ps[i], ps[j]) }
	if ranks <= stackedRank {
		between = stackedInner(ctx, ps, ranks)
	}
	g := make([]float64, n*n)
	for i := range n {
		for j := i; j < n && ctx.Err() == nil; j++ {
			x := between(i, j)
			g[i*n+j], g[j*n+i] = x, x
		}
	}
	return g
}

// stackedInner gives Inner of any two of the products, bit for bit: an element of a
// product of matrices has one order of summation, whatever surrounds it.
func stackedInner(ctx context.Context, ps []Product, ranks int) func(i, j int) float64 {
	bs, as := make([]gemm.Matrix[float32], len(ps)), make([]gemm.Matrix[float32], len(ps))
	at := make([]int, len(ps)+1)
	for i, p := range ps {
		bs[i], as[i], at[i+1] = p.B.view().T(), p.A.view(), at[i]+p.Rank()
	}
	b, a := stackedGram(ctx, bs, at, ranks), stackedGram(ctx, as, at, ranks)
	return func(i, j int) float64 {
		return inner(b.Part(at[i], at[i+1], at[j], at[j+1]), a.Part(at[i], at[i+1], at[j], at[j+1]))
	}
}

// stackedGram returns x·xᵀ for the xs, [kᵢ, n] each, stacked at the rows given.
func stackedGram(ctx context.Context, xs []gemm.Matrix[float32], at []int, rows int) gemm.Matrix[float64] {
	g := gemm.New[float64](rows, rows)
	stack := gemm.New[float32](rows, min(gramChunk, xs[0].Cols))
	if slices.ContainsFunc(xs, func(x gemm.Matrix[float32]) bool { return x.ColStep != 1 }) {
		stack = gemm.New[float32](min(gramChunk, xs[0].Cols), rows).T()
	}
	for from := 0; from < xs[0].Cols && ctx.Err() == nil; from += gramChunk {
		to := min(from+gramChunk, xs[0].Cols)
		for i, x := range xs {
			put(stack.Part(at[i], at[i+1], 0, to-from), x.Part(0, x.Rows, from, to))
		}
		gemm.AddGram(g, stack.Part(0, rows, 0, to-from), 1)
	}
	return g
}

// put copies src, which lies in memory in the same order as dst.
func put(dst, src gemm.Matrix[float32]) {
	if dst.ColStep != 1 {
		dst, src = dst.T(), src.T()
	}
	for i := range src.Rows {
		copy(dst.Row(i), src.Row(i))
	}
}

package lowrank

import (
	"context"
	"math"
	"slices"
	"sync"

	"github.com/loramerge/loramerge/internal/lowrank/gemm"
)

// stackedRank bounds the ranks that are stacked for one product: their Gram matrix
// takes 8 bytes a pair, 8 MiB here.
const stackedRank = 1 << 10

// Gram returns the n×n symmetric matrix of the inner products of n products of
// one shape, in row-major order: elements i·n+j and j·n+i, i ≤ j, are
// Inner(ps[i], ps[j]). All factors are stacked and multiplied at once where their
// ranks allow. When ctx ends it returns early, with what means nothing.
func Gram(ctx context.Context, ps []Product) []float64 {
	inners, _ := GramAndTerms(ctx, ps)
	return inners
}

// GramAndTerms is Gram, and of each product Σₖ ‖bₖ‖·‖aₖ‖ over the columns of B and the rows
// of A, the size that rounding errors are relative to.
func GramAndTerms(ctx context.Context, ps []Product) (inners, terms []float64) {
	checkSameShape(ps...)
	n, ranks := len(ps), 0
	for _, p := range ps {
		ranks += p.Rank()
	}
	between, size := func(i, j int) float64 { return innerUntil(ctx, ps[i], ps[j]) }, func(i int) float64 { return ps[i].terms() }
	if ranks <= stackedRank {
		s := stackOf(ctx, ps, ranks)
		between, size = s.inner, s.terms
	}
	inners, terms = make([]float64, n*n), make([]float64, n)
	for i := 0; i < n && ctx.Err() == nil; i++ {
		for j := i; j < n && ctx.Err() == nil; j++ {
			x := between(i, j)
			inners[i*n+j], inners[j*n+i] = x, x
		}
		terms[i] = size(i)
	}
	return inners, terms
}

// terms is Σₖ ‖bₖ‖·‖aₖ‖.
func (p Product) terms() float64 {
	columns := make([]float64, p.Rank())
	for i := range p.B.Rows {
		for k, b := range p.B.Row(i) {
			columns[k] += float64(b) * float64(b) // which is exact
		}
	}
	size := 0.0
	for k, b := range columns {
		size += float64(math.Sqrt(b) * math.Sqrt(sumOfSquares(p.A.Row(k))))
	}
	return size
}

// stackedGrams are the Gram matrices of the factors of all products, stacked: those of
// product i begin at at[i].
type stackedGrams struct {
	b, a gemm.Matrix[float64]
	at   []int
}

func stackOf(ctx context.Context, ps []Product, ranks int) stackedGrams {
	bs, as := make([]gemm.Matrix[float32], len(ps)), make([]gemm.Matrix[float32], len(ps))
	at := make([]int, len(ps)+1)
	for i, p := range ps {
		bs[i], as[i], at[i+1] = p.B.view().T(), p.A.view(), at[i]+p.Rank()
	}
	return stackedGrams{stackedGram(ctx, bs, at, ranks), stackedGram(ctx, as, at, ranks), at}
}

// inner is Inner of two of them, bit for bit: an element of a product of matrices has one
// order of summation, whatever surrounds it.
func (s stackedGrams) inner(i, j int) float64 {
	return inner(s.b.Part(s.at[i], s.at[i+1], s.at[j], s.at[j+1]), s.a.Part(s.at[i], s.at[i+1], s.at[j], s.at[j+1]))
}

func (s stackedGrams) terms(i int) float64 {
	size := 0.0
	for k := s.at[i]; k < s.at[i+1]; k++ {
		size += float64(math.Sqrt(s.b.Row(k)[k]) * math.Sqrt(s.a.Row(k)[k]))
	}
	return size
}

// stackedGram returns x·xᵀ for the xs, [kᵢ, n] each, stacked at the rows given.
func stackedGram(ctx context.Context, xs []gemm.Matrix[float32], at []int, rows int) gemm.Matrix[float64] {
	if len(xs) == 1 {
		return gramOf(ctx, xs[0], 1)
	}
	g := gemm.New[float64](rows, rows)
	stack, release := stackFor(xs, rows)
	defer release()
	for from := 0; from < xs[0].Cols && ctx.Err() == nil; from += gramChunk {
		to := min(from+gramChunk, xs[0].Cols)
		for i, x := range xs {
			put(stack.Part(at[i], at[i+1], 0, to-from), x.Part(0, x.Rows, from, to))
		}
		gemm.AddGram(g, stack.Part(0, rows, 0, to-from), 1)
	}
	return g
}

// stacks are used again: made anew for each of ten thousand small modules, they would be most of the
// garbage of a merge.
var stacks = sync.Pool{New: func() any { return new([]float32) }}

// stackFor is a matrix of so many rows and at most gramChunk columns, undefined inside, which lies in
// memory as the xs do.
func stackFor(xs []gemm.Matrix[float32], rows int) (stack gemm.Matrix[float32], release func()) {
	columns := min(gramChunk, xs[0].Cols)
	memory := stacks.Get().(*[]float32)
	*memory = slices.Grow((*memory)[:0], rows*columns)
	data := (*memory)[:rows*columns]
	stack = gemm.Of(rows, columns, data)
	if slices.ContainsFunc(xs, func(x gemm.Matrix[float32]) bool { return x.ColStep != 1 }) {
		stack = gemm.Of(columns, rows, data).T()
	}
	return stack, func() { stacks.Put(memory) }
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

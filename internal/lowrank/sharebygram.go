package lowrank

import (
	"context"
	"errors"
	"math"
	"slices"

	"github.com/loramerge/loramerge/internal/lowrank/gemm"
)

// errDependent says that Gram matrices can't tell what is there from rounding.
var errDependent = errors.New("columns are too nearly dependent for their Gram matrix")

// leastGramRatio is how small the least eigenvalue of a Gram matrix may be beside the
// largest: its singular value then has the relative error 2⁻⁵³/1e-9, about 1e-7.
const leastGramRatio = 1e-9

// balancedByGram balances products through the Gram matrices of the stacks of their factors:
// with Bₜ·Sₜ balanced, the Gram matrix of all of these is Sᵀ·(BᵀB)·S, S = diag(S₁, …, Sₙ). So
// the large factors are multiplied but once, as they are.
func balancedByGram(ctx context.Context, ps []Product, workers int) (balanced, error) {
	ones := make([]float64, len(ps))
	for t := range ones {
		ones[t] = 1
	}
	stack := Concat(ones, ps) // the bases keep it, whatever becomes of ps
	if out, in := stack.Shape(); stack.Rank() > min(out, in) {
		return balanced{}, errDependent
	}
	b, a := stack.B.view().T(), stack.A.view()
	ofB, ofA := gramOf(ctx, b, workers), gramOf(ctx, a, workers)
	if err := ctx.Err(); err != nil {
		return balanced{}, err
	}
	ranks := make([]int, len(ps))
	for t, p := range ps {
		ranks[t] = p.Rank()
	}
	return abandonable(ctx, func() (balanced, error) {
		w, err := balancing(ctx, stack, ranks, ofB, ofA)
		if err != nil {
			return balanced{}, err
		}
		left, err := spanByGram(ctx, b, ofB, w.b, workers)
		if err != nil {
			return balanced{}, err
		}
		right, err := spanByGram(ctx, a, ofA, w.a, workers)
		return balanced{left, right, w.at}, err
	})
}

// weights are the Sₜ [Σ ranks, Σ balanced ranks] of both sides, in blocks on the diagonal.
type weights struct {
	b, a gemm.Matrix[float64]
	at   []int
}

// balancing computes each adapter's: with B = Q·R, Aᵀ = Q'·R' and the SVD R·R'ᵀ = P·Σ·Oᵀ
// they are R⁻¹·P·√Σ and R'⁻¹·O·√Σ. The largest element of each left singular vector is
// made positive, among those of some rows of B.
func balancing(ctx context.Context, stack Product, ranks []int, ofB, ofA gemm.Matrix[float64]) (weights, error) {
	all := stack.Rank()
	w := weights{gemm.New[float64](all, all), gemm.New[float64](all, all), make([]int, len(ranks)+1)}
	from, out, in := 0, stack.B.Rows, stack.A.Cols
	for t, rank := range ranks {
		to := from + rank
		r, q := scaled(ofB.Part(from, to, from, to), 1), scaled(ofA.Part(from, to, from, to), 1)
		if !factorCholesky(r) || !factorCholesky(q) {
			return w, errDependent
		}
		p := Product{B: Matrix{Rows: out, Cols: rank}, A: Matrix{Rows: rank, Cols: in}}
		svd, err := decomposeCore(ctx, unit{}, unit{}, multiply(r, q.T(), 1), noiseOf(p, r, q))
		if err != nil {
			return w, err
		}
		kept := svd.rank()
		b, a := solve(r, svd.u.Part(0, rank, 0, kept)), solve(q, svd.v.Part(0, rank, 0, kept))
		for k, x := range largestOfSome(stack.B.view().Part(0, out, from, to), b) {
			root := math.Copysign(math.Sqrt(svd.S[k]), x)
			scaleRow(b.T(), k, root)
			scaleRow(a.T(), k, root)
		}
		w.at[t+1] = w.at[t] + kept
		setScaled(w.b.Part(from, to, w.at[t], w.at[t+1]), b, 1)
		setScaled(w.a.Part(from, to, w.at[t], w.at[t+1]), a, 1)
		from = to
	}
	w.b, w.a = w.b.Part(0, all, 0, w.at[len(ranks)]), w.a.Part(0, all, 0, w.at[len(ranks)])
	return w, nil
}

// someRows is how many rows signs are taken from.
const someRows = 256

// largestOfSome are the largest elements of each column of x·w, of norm 1, among those of
// some rows; among all, where there is nothing in these.
func largestOfSome(x gemm.Matrix[float32], w gemm.Matrix[float64]) []float64 {
	every := max(1, x.Rows/someRows)
	some := x
	some.Rows, some.RowStep = (x.Rows+every-1)/every, every*x.RowStep
	found := largestOfRows(combine(some.T(), w, 1))
	if slices.ContainsFunc(found, func(x float64) bool { return math.Abs(x) < 1e-6 }) {
		return largestOfRows(combine(x.T(), w, 1))
	}
	return found
}

// spanByGram is the span of the columns of X·S, X given as Xᵀ, with the Gram matrix g of X:
// with the eigenvectors Sᵀ·g·S = Z·Λ·Zᵀ the basis is X·S·Z·Λ^(−½), the coordinates Λ^½·Zᵀ.
func spanByGram(ctx context.Context, xt gemm.Matrix[float32], g, s gemm.Matrix[float64], workers int) (spanned, error) {
	values, vectors, err := eigen(ctx, multiply(multiply(s.T(), g, 1), s, 1))
	if err != nil {
		return spanned{}, err
	}
	n := len(values)
	if n == 0 || !(values[n-1] > leastGramRatio*values[0]) || math.IsInf(values[0], 0) {
		return spanned{}, errDependent
	}
	weights := scaled(vectors.T(), 1)
	for i, x := range largestOfRows(vectors) {
		root := math.Copysign(math.Sqrt(values[i]), x)
		scaleRow(vectors, i, root)
		scaleRow(weights.T(), i, 1/root)
	}
	return spanned{combination{xt, multiply(s, weights, 1), workers}, vectors}, nil
}

// combination is the basis X·W of the columns of X [m, k], given as Xᵀ.
type combination struct {
	xt      gemm.Matrix[float32]
	w       gemm.Matrix[float64]
	workers int
}

func (c combination) lift(p gemm.Matrix[float64]) gemm.Matrix[float64] {
	return combine(c.xt, multiply(c.w, p, 1), c.workers)
}

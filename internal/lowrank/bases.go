package lowrank

import (
	"context"

	"github.com/loramerge/loramerge/internal/lowrank/gemm"
)

// Bases are orthonormal bases U [out, p] and V [in, q] in which n products of one shape
// live together: every ΔWₜ is U·Mₜ·Vᵀ with a small Mₜ [p, q]. They are the core space of
// Panariello et al. (arXiv:2509.17786), and are never made themselves: what is small is
// multiplied by the factors they were found from.
type Bases struct {
	left, right basis
}

// Share gives products of one shape their common bases, and each its M [p, q] in them;
// p and q are at least 1 and at most the sum of the ranks. The products are balanced
// first: with the thin SVD B·A = P·Σ·Qᵀ, B ← P·√Σ and A ← √Σ·Qᵀ, so that the bases do not
// depend on how a trainer split a product. Then V are the right singular vectors of the
// stacked A's, U the left ones of the B's side by side, by falling singular values; the
// sign of each makes its largest coefficient over the balanced factors positive.
//
// U·Mₜ·Vᵀ is ΔWₜ but for a few roundings of float32. An element that is NaN or ±Inf gives
// ErrNotFinite. When ctx ends, its error is returned.
func Share(ctx context.Context, ps []Product, workers int) (*Bases, []Matrix, error) {
	checkSameShape(ps...)
	both, err := balancedByGram(ctx, ps, workers)
	if err == errDependent {
		both, err = balancedByQR(ctx, ps, workers)
	}
	if err != nil {
		return nil, nil, err
	}
	l, r := both.left.on, both.right.on
	ms := make([]Matrix, len(ps))
	for t := range ms {
		ms[t] = NewMatrix(max(1, l.Rows), max(1, r.Rows))
		if from, to := both.at[t], both.at[t+1]; from < to {
			narrow(ms[t].view(), multiply(l.Part(0, l.Rows, from, to), r.Part(0, r.Rows, from, to).T(), workers))
		}
	}
	return &Bases{both.left.basis, both.right.basis}, ms, nil
}

// balanced are both sides of the balanced products; of product t come the columns from at[t]
// to at[t+1] of each side's coordinates.
type balanced struct {
	left, right spanned
	at          []int
}

// spanned is the stack of the Bₜ, or of the Aₜᵀ, as Q·on with Q orthonormal.
type spanned struct {
	basis basis
	on    gemm.Matrix[float64] // [p, Σ ranks]
}

// rank is the number of singular values that are not 0.
func (d SVD) rank() int {
	n := 0
	for n < len(d.S) && d.S[n] > 0 {
		n++
	}
	return n
}

// Decompose returns the decomposition of U·m·Vᵀ for m [p, q], at least as far as
// Truncate(rank) needs it, and the rest, as DecomposeLeading does.
func (b *Bases) Decompose(ctx context.Context, m Matrix, rank, workers int) (SVD, float64, error) {
	m.check()
	least := min(m.Rows, m.Cols)
	if _, whole := blockFor(rank, least, least); !whole && least >= worthIterating {
		d, rest, err := DecomposeDense(ctx, m, rank, workers)
		if err != nil {
			return SVD{}, 0, err
		}
		d.left, d.right = nested{b.left, d.left}, nested{b.right, d.right}
		return d, rest, nil
	}
	core, noise := widened(m.view()), roundingNoise(m.Rows, m.Cols)*frobenius(m, workers)
	d, err := abandonable(ctx, func() (SVD, error) { return leadingOfCore(ctx, b.left, b.right, core, noise, rank) })
	return d, 0, err
}

// empty is the basis of products that are all zero: one direction of length 0.
type empty struct{ n int }

func (n empty) lift(p gemm.Matrix[float64]) gemm.Matrix[float64] {
	return gemm.New[float64](p.Cols, n.n)
}

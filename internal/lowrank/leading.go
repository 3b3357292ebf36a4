package lowrank

import (
	"context"

	"github.com/loramerge/loramerge/internal/lowrank/gemm"
)

// DecomposeLeading returns the decomposition of the product P = B·A, at least as far as
// Truncate(rank) needs it, and the rest: the root of the sum of the squares of those
// values that S lacks.
//
// Where k is small, or many of the k values are asked for, it is that of Decompose, with all
// the values, and the rest is 0. Else a full decomposition of the k×k core would take k³: the core
// R_B·R_Aᵀ goes through DecomposeDense, with its bounds on the error.
//
// Errors and panics are those of the two.
func DecomposeLeading(ctx context.Context, p Product, rank, workers int) (d SVD, rest float64, err error) {
	p.check()
	k := min(p.B.Rows, p.Rank(), p.A.Cols)
	if _, whole := blockFor(rank, k, k); !whole && k >= worthIterating {
		if d, rest, err = leading(ctx, p, rank, workers); err != ErrNotFinite {
			return d, rest, err
		}
	}
	d, err = decompose(ctx, p, rank, workers)
	return d, 0, err
}

// worthIterating is the size of a core from which on iterating beats decomposing it.
const worthIterating = 256

// leading fails with ErrNotFinite also where float32 can't hold the core.
func leading(ctx context.Context, p Product, rank, workers int) (SVD, float64, error) {
	b, a, err := p.factor(ctx, workers)
	if err != nil {
		return SVD{}, 0, err
	}
	core := multiply(b.core, a.core.T(), workers)
	d, residual, err := DecomposeDense(ctx, rounded(core), rank, workers)
	if err != nil {
		return SVD{}, 0, err
	}
	d.left, d.right = nested{b.basis, d.left}, nested{a.basis, d.right}
	return d, residual, nil
}

// rounded is m in float32.
func rounded(m gemm.Matrix[float64]) Matrix {
	w := NewMatrix(m.Rows, m.Cols)
	narrow(w.view(), m)
	return w
}

// nested is the basis Q·P of vectors P that are themselves in the basis Q.
type nested struct{ outer, inner basis }

func (n nested) lift(p gemm.Matrix[float64]) gemm.Matrix[float64] {
	return n.outer.lift(n.inner.lift(p).T())
}

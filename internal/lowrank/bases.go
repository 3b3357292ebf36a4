package lowrank

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/loramerge/loramerge/internal/lowrank/gemm"
)

// Bases are orthonormal bases U [out, p] and V [in, q] in which n products of one shape
// live together: every ΔWₜ is U·Mₜ·Vᵀ with a small Mₜ [p, q]. They are the core space of
// Panariello et al. (arXiv:2509.17786), and are never made themselves: what is small is
// multiplied by the factors they were found from.
type Bases struct {
	left, right basis
}

// negligibleDirection is the share of the largest singular value of the stacked factors
// under which a direction counts as none of them.
const negligibleDirection = 1e-10

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
	out, in := ps[0].Shape()
	ranks := make([]int, len(ps)+1)
	balanced := make([]SVD, len(ps))
	for i, p := range ps {
		var err error
		if balanced[i], err = Decompose(ctx, p, workers); err != nil {
			return nil, nil, err
		}
		ranks[i+1] = ranks[i] + balanced[i].rank()
	}
	all := ranks[len(ps)]
	if all == 0 {
		none := &Bases{empty{out}, empty{in}}
		ms := make([]Matrix, len(ps))
		for i := range ms {
			ms[i] = NewMatrix(1, 1)
		}
		return none, ms, nil
	}
	a, bt := gemm.New[float64](all, in), gemm.New[float64](all, out)
	for i, svd := range balanced {
		ut, vt := svd.lift(ranks[i+1] - ranks[i])
		for k := range ut.Rows {
			root := math.Sqrt(svd.S[k])
			floats.ScaleTo(bt.Row(ranks[i]+k), root, ut.Row(k))
			floats.ScaleTo(a.Row(ranks[i]+k), root, vt.Row(k))
		}
	}
	left, onLeft, err := span(ctx, bt, workers)
	if err != nil {
		return nil, nil, err
	}
	right, onRight, err := span(ctx, a, workers)
	if err != nil {
		return nil, nil, err
	}
	ms := make([]Matrix, len(ps))
	for i := range ps {
		l := onLeft.Part(0, onLeft.Rows, ranks[i], ranks[i+1])
		r := onRight.Part(0, onRight.Rows, ranks[i], ranks[i+1])
		if ranks[i] == ranks[i+1] {
			ms[i] = NewMatrix(onLeft.Rows, onRight.Rows)
			continue
		}
		ms[i] = rounded(multiply(l, r.T(), workers))
	}
	return &Bases{left, right}, ms, nil
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
	d, err := abandonable(ctx, func() (SVD, error) { return decomposeCore(ctx, b.left, b.right, core, noise) })
	return d, 0, err
}

// span returns an orthonormal basis of the rows of x [k, n], and their coordinates in it
// [p, k]. Both come from the SVD of the small side: of the Gram matrix x·xᵀ where that
// still tells the smallest singular value from rounding, else by QR.
func span(ctx context.Context, x gemm.Matrix[float64], workers int) (basis, gemm.Matrix[float64], error) {
	if b, coordinates, ok := spanByGram(x, workers); ok {
		return b, coordinates, nil
	}
	side := sideOf(scaled(x, 1), workers)
	svd, err := decomposeCore(ctx, side.basis, unit{}, side.core, 0)
	if err != nil {
		return nil, gemm.Matrix[float64]{}, err
	}
	p := 0
	for p < len(svd.S) && svd.S[p] > negligibleDirection*svd.S[0] {
		p++
	}
	kept, coordinates := gemm.New[float64](svd.u.Rows, p), gemm.New[float64](p, x.Rows)
	for i := range p {
		sign := signOfLargest(svd.v, i)
		for r := range kept.Rows {
			kept.Row(r)[i] = sign * svd.u.Data[r*svd.u.RowStep+i*svd.u.ColStep]
		}
		for j := range x.Rows {
			coordinates.Row(i)[j] = sign * svd.S[i] * svd.v.Data[j*svd.v.RowStep+i*svd.v.ColStep]
		}
	}
	return nested{side.basis, directions{kept}}, coordinates, nil
}

// leastGramRatio is how small the least eigenvalue of a Gram matrix may be beside the
// largest: its singular value then has the relative error 2⁻⁵³/1e-9, about 1e-7.
const leastGramRatio = 1e-9

// spanByGram is span through x·xᵀ = Z·Λ·Zᵀ: the basis is xᵀ·Z·Λ^(−½), the coordinates are
// Λ^½·Zᵀ. It is false where x is too near to dependent rows for that.
func spanByGram(x gemm.Matrix[float64], workers int) (basis, gemm.Matrix[float64], bool) {
	k := x.Rows
	if k > x.Cols {
		return nil, gemm.Matrix[float64]{}, false
	}
	values, vectors, ok := eigen(multiply(x, x.T(), workers))
	if !ok || !(values[k-1] > leastGramRatio*values[0]) || math.IsInf(values[0], 0) {
		return nil, gemm.Matrix[float64]{}, false
	}
	weights, coordinates := gemm.New[float64](k, k), gemm.New[float64](k, k)
	for i, value := range values {
		root, sign := math.Sqrt(value), signOfLargest(vectors, i)
		for j := range k {
			z := sign * vectors.Data[j*vectors.RowStep+i*vectors.ColStep]
			weights.Row(j)[i] = z / root
			coordinates.Row(i)[j] = z * root
		}
	}
	return rowsOf{x, weights}, coordinates, true
}

// signOfLargest is that of the first of the largest elements of column i.
func signOfLargest(m gemm.Matrix[float64], i int) float64 {
	largest := 0.0
	for j := range m.Rows {
		if x := m.Data[j*m.RowStep+i*m.ColStep]; math.Abs(x) > math.Abs(largest) {
			largest = x
		}
	}
	return math.Copysign(1, largest)
}

// rowsOf is the basis Xᵀ·W of the rows of X [k, n], weighted by W [k, p].
type rowsOf struct{ x, w gemm.Matrix[float64] }

func (b rowsOf) lift(p gemm.Matrix[float64]) gemm.Matrix[float64] {
	return multiply(multiply(b.w, p, 1).T(), b.x, 1)
}

// directions is the basis of a matrix's orthonormal columns.
type directions struct{ q gemm.Matrix[float64] }

func (c directions) lift(p gemm.Matrix[float64]) gemm.Matrix[float64] {
	return multiply(p.T(), c.q.T(), 1)
}

// empty is the basis of products that are all zero: one direction of length 0.
type empty struct{ n int }

func (n empty) lift(p gemm.Matrix[float64]) gemm.Matrix[float64] {
	return gemm.New[float64](p.Cols, n.n)
}

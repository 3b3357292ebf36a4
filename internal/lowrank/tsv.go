package lowrank

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/loramerge/loramerge/internal/lowrank/gemm"
)

// weakDirection is the share of the largest singular value of a stack of singular vectors
// under which a direction is told of: it is a difference of vectors that nearly agree,
// brought to full strength.
const weakDirection = 0.1

// TaskSingularVectors merges matrices of one shape [p, q] by their singular vectors (TSV,
// arXiv:2412.00081). Of each Mₜ = Uₜ·Σₜ·Vₜᵀ the first share of the triplets stay, at least
// one, and null triplets never. The stacks of all the Uₜ and of all the Vₜ are replaced
// by their polar factors Û and V̂, the nearest matrices with orthonormal columns, and
// multiplied by the singular values: Û·Σ·V̂ᵀ. The polar factor P·Qᵀ of P·S·Qᵀ is taken over
// the singular values above cut times the largest; 1e-6 gives the paper's.
//
// energy is ‖result‖², and weak what of it comes from values of a stack under 0.1 times
// the largest: differences of vectors that nearly agree, at full strength. When ctx ends,
// its error is returned.
func TaskSingularVectors(ctx context.Context, ms []Matrix, share, cut float64) (merged Matrix, energy, weak float64, err error) {
	var parts []small
	var values []float64
	for _, m := range ms {
		m.check()
		d, err := decomposeSmall(ctx, widened(m.view()))
		if err != nil {
			return Matrix{}, 0, 0, err
		}
		keep := int(math.Ceil(share * float64(len(d.s))))
		d = small{d.u.Part(0, d.u.Rows, 0, keep), d.v.Part(0, d.v.Rows, 0, keep), d.s[:keep]}
		parts, values = append(parts, d), append(values, d.s...)
	}
	if len(values) == 0 {
		return NewMatrix(ms[0].Rows, ms[0].Cols), 0, 0, nil
	}
	us, vs := gemm.New[float64](ms[0].Rows, len(values)), gemm.New[float64](ms[0].Cols, len(values))
	at := 0
	for _, d := range parts {
		setScaled(us.Part(0, us.Rows, at, at+len(d.s)), d.u, 1)
		setScaled(vs.Part(0, vs.Rows, at, at+len(d.s)), d.v, 1)
		at += len(d.s)
	}
	left, weakLeft, err := polarOf(ctx, us, cut)
	if err != nil {
		return Matrix{}, 0, 0, err
	}
	right, weakRight, err := polarOf(ctx, vs, cut)
	if err != nil {
		return Matrix{}, 0, 0, err
	}
	product := small{left.whole, right.whole, values}.product(values)
	energy = squares(product)
	if weakLeft || weakRight {
		weak = max(0, energy-squares(small{left.strong, right.strong, values}.product(values)))
	}
	return rounded(product), energy, weak, nil
}

// polar is the polar factor of a stack of vectors, and that of its strong directions alone.
type polar struct{ whole, strong gemm.Matrix[float64] }

// leastPolarCut is the cut down to which the Gram matrix of a stack serves, whose
// eigenvalues are the squares of its singular values.
const leastPolarCut = 1e-3

func polarOf(ctx context.Context, x gemm.Matrix[float64], cut float64) (p polar, weak bool, err error) {
	d, err := decomposeStack(ctx, x, cut)
	if err != nil {
		return polar{}, false, err
	}
	over := func(share float64) (n int) {
		for n < len(d.s) && d.s[n] > share*d.s[0] {
			n++
		}
		return n
	}
	isometry := func(n int) gemm.Matrix[float64] {
		return multiply(d.u.Part(0, d.u.Rows, 0, n), d.v.Part(0, d.v.Rows, 0, n).T(), 1)
	}
	kept, strong := over(cut), over(max(cut, weakDirection))
	p.whole = isometry(kept)
	p.strong = p.whole
	if strong < kept {
		p.strong = isometry(strong)
	}
	return p, strong < kept, nil
}

// decomposeStack is the decomposition of x, as far as its values are above cut times the
// largest: with xᵀ·x = Z·Λ·Zᵀ, of no more rows than columns, that is (x·Z·Λ^(−½))·Λ^½·Zᵀ.
func decomposeStack(ctx context.Context, x gemm.Matrix[float64], cut float64) (small, error) {
	if x.Rows < x.Cols {
		d, err := decomposeStack(ctx, x.T(), cut)
		return small{d.v, d.u, d.s}, err
	}
	if cut < leastPolarCut {
		d, err := decomposeCore(ctx, unit{}, unit{}, x, 0)
		return small{d.u, d.v, d.S}, err
	}
	values, vectors, err := eigen(ctx, multiply(x.T(), x, 1))
	if err != nil {
		return small{}, err
	}
	n := 0
	for n < len(values) && values[n] > cut*cut*values[0] {
		values[n] = math.Sqrt(values[n])
		n++
	}
	v := vectors.Part(0, n, 0, vectors.Cols).T()
	u := multiply(x, v, 1)
	for i := range u.Rows {
		floats.Div(u.Row(i), values[:n])
	}
	return small{u, v, values[:n]}, nil
}

func squares(m gemm.Matrix[float64]) float64 {
	var sum float64
	for i := range m.Rows {
		for _, x := range m.Row(i) {
			sum += x * x
		}
	}
	return sum
}

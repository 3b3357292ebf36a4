package lowrank

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/loramerge/loramerge/internal/lowrank/gemm"
)

// numericalRank is the share of the largest singular value of a matrix rounded to float32
// under which a value is that rounding.
const numericalRank = 1e-6

// small is the decomposition of a small matrix m [p, q], U·diag(s)·Vᵀ, over its numerical
// rank: U [p, r], V [q, r].
type small struct {
	u, v gemm.Matrix[float64]
	s    []float64
}

// decomposeSmall is that of m, whose elements carry the rounding to float32.
func decomposeSmall(ctx context.Context, m gemm.Matrix[float64]) (small, error) {
	vt, thin := rowSpace(m)
	along := m
	if thin {
		along = multiply(m, vt.T(), 1)
	}
	d, err := decomposeCore(ctx, unit{}, unit{}, along, 0)
	if err != nil {
		return small{}, err
	}
	r := 0
	for r < len(d.S) && d.S[r] > numericalRank*d.S[0] {
		r++
	}
	found := small{d.u.Part(0, d.u.Rows, 0, r), d.v.Part(0, d.v.Rows, 0, r), d.S[:r]}
	if thin {
		found.v = multiply(vt.T(), found.v, 1)
	}
	return found, nil
}

// rowSpace returns an orthonormal basis of the rows of m but for what their rounding to
// float32 makes up, if that takes few: an adapter in the core space of many has no more than
// its own rank. The row farthest from the basis joins it, until what is left of all is at
// most 2⁻²³·‖m‖, twice what rounding can come to (Gram–Schmidt with pivots, and once more
// for the row that joins: "twice is enough").
func rowSpace(m gemm.Matrix[float64]) (vt gemm.Matrix[float64], thin bool) {
	rest := scaled(m, 1)
	most := min(m.Rows, m.Cols) / 3
	vt = gemm.New[float64](most, m.Cols)
	enough := 0x1p-46 * squares(rest)
	for r := 0; ; r++ {
		left, farthest, at := 0.0, 0.0, 0
		for i := range rest.Rows {
			length := floats.Dot(rest.Row(i), rest.Row(i))
			if left += length; length > farthest {
				farthest, at = length, i
			}
		}
		if left <= enough {
			return vt.Part(0, r, 0, m.Cols), r > 0
		}
		if r == most {
			return vt, false
		}
		v := vt.Row(r)
		copy(v, rest.Row(at))
		for i := range r {
			floats.AddScaled(v, -floats.Dot(v, vt.Row(i)), vt.Row(i))
		}
		floats.Scale(1/math.Sqrt(floats.Dot(v, v)), v)
		for i := range rest.Rows {
			row := rest.Row(i)
			floats.AddScaled(row, -floats.Dot(row, v), v)
		}
	}
}

// product is U·diag(s)·Vᵀ with other values.
func (d small) product(s []float64) gemm.Matrix[float64] {
	weighted := scaled(d.u, 1)
	for i := range weighted.Rows {
		row := weighted.Row(i)
		for j := range row {
			row[j] *= s[j]
		}
	}
	return multiply(weighted, d.v.T(), 1)
}

// Flatten is m with its singular values σ raised to power, over the numerical rank, and
// its Frobenius norm kept: 1 changes nothing, 0 makes all of them equal (Iso-C,
// arXiv:2502.04959). m is a small matrix, such as M of the core space. When ctx ends, its
// error is returned.
func Flatten(ctx context.Context, m Matrix, power float64) (Matrix, error) {
	m.check()
	d, err := decomposeSmall(ctx, widened(m.view()))
	if err != nil || len(d.s) == 0 {
		return m, err
	}
	return rounded(d.product(flattened(d.s, power))), nil
}

// FlattenProduct is Flatten for a delta held as a product; the result has p's rank.
func FlattenProduct(ctx context.Context, p Product, power float64, workers int) (Product, error) {
	d, err := Decompose(ctx, p, workers)
	if err != nil {
		return Product{}, err
	}
	copy(d.S, flattened(d.S[:d.rank()], power))
	return d.Truncate(p.Rank()), nil
}

// flattened is s^power with the norm of s.
func flattened(s []float64, power float64) []float64 {
	out := make([]float64, len(s))
	var before, after float64
	for i, x := range s {
		out[i] = math.Pow(x/s[0], power) // of at most 1: it can't overflow
		before += x * x
		after += out[i] * out[i]
	}
	for i := range out {
		out[i] *= math.Sqrt(before / after)
	}
	return out
}

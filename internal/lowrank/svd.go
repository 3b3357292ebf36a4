package lowrank

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/loramerge/loramerge/internal/lowrank/gemm"
)

// Errors of the decompositions.
var (
	ErrNotFinite     = errors.New("the matrix holds NaN or Inf: no decomposition exists")
	ErrNoConvergence = errors.New("the singular values did not converge")
)

// SVD is a singular value decomposition U·diag(S)·Vᵀ of a matrix [out, in],
// whole or only its leading part. U and V are held as a basis times a small
// matrix, and worked out as far as they are asked for.
type SVD struct {
	// S holds the singular values in descending order; those that are rounding
	// noise are exactly 0.
	S []float64

	left, right basis
	u, v        gemm.Matrix[float64] // U = left·u, V = right·v
}

// basis is an orthonormal basis Q [m, n].
type basis interface {
	// lift returns (Q·p)ᵀ [r, m] for p [n, r].
	lift(p gemm.Matrix[float64]) gemm.Matrix[float64]
}

// unit is the basis of the unit vectors, Q = I.
type unit struct{}

func (unit) lift(p gemm.Matrix[float64]) gemm.Matrix[float64] { return scaled(p.T(), 1) }

// Truncate returns the best approximation of rank r in the Frobenius norm
// (Eckart and Young, 1936), with the weight shared evenly by the factors:
//
//	B = U_r·√S_r [out, r],  A = √S_r·V_rᵀ [r, in].
//
// Both have exactly r columns and rows: those past the last non-zero singular
// value, or past the last one known, are zero. A factor too large for float32
// has elements ±Inf, never NaN. It panics unless r > 0.
func (d SVD) Truncate(r int) Product {
	if r <= 0 {
		panic(fmt.Sprintf("lowrank: truncation to rank %d", r))
	}
	known := min(r, d.u.Cols)
	roots := make([]float64, known)
	for k := range roots {
		roots[k] = math.Sqrt(d.S[k])
	}
	ut, vt := d.lift(roots)
	p := Product{B: NewMatrix(ut.Cols, r), A: NewMatrix(r, vt.Cols)}
	narrow(p.B.view().Part(0, ut.Cols, 0, known), ut.T())
	narrow(p.A.view().Part(0, known, 0, vt.Cols), vt)
	return p
}

// lift returns the first left and right singular vectors as rows, as many as there are
// weights, each times its weight. A pair of vectors is determined up to its sign: the
// first of the largest elements of the left one is made positive.
func (d SVD) lift(weights []float64) (ut, vt gemm.Matrix[float64]) {
	r := len(weights)
	ut = d.left.lift(d.u.Part(0, d.u.Rows, 0, r))
	vt = d.right.lift(d.v.Part(0, d.v.Rows, 0, r))
	signed := largestOfRows(ut)
	for k, x := range signed {
		signed[k] = math.Copysign(weights[k], x)
	}
	scaleRows(ut, signed)
	scaleRows(vt, signed)
	return ut, vt
}

// largestOfRows are the first of the elements of the largest magnitude of each row.
func largestOfRows(m gemm.Matrix[float64]) []float64 {
	largest := make([]float64, m.Rows)
	look := func(k int, x float64) {
		if math.Abs(x) > math.Abs(largest[k]) {
			largest[k] = x
		}
	}
	if m.ColStep == 1 {
		for k := range m.Rows {
			for _, x := range m.Row(k) {
				look(k, x)
			}
		}
		return largest
	}
	for j := range m.Cols {
		for k, x := range m.T().Row(j) {
			look(k, x)
		}
	}
	return largest
}

// scaleRows multiplies each row of m by its factor.
func scaleRows(m gemm.Matrix[float64], factors []float64) {
	if m.ColStep == 1 {
		for k, factor := range factors {
			floats.Scale(factor, m.Row(k))
		}
		return
	}
	for j := range m.Cols {
		floats.Mul(m.T().Row(j), factors)
	}
}

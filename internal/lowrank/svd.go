package lowrank

import (
	"errors"
	"fmt"
	"math"

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
	known := min(r, len(d.S))
	ut, vt := d.lift(known)
	p := Product{B: NewMatrix(ut.Cols, r), A: NewMatrix(r, vt.Cols)}
	for k := range known {
		root := math.Sqrt(d.S[k])
		for i, x := range ut.Row(k) {
			p.B.Data[i*r+k] = float32(root * x)
		}
		a := p.A.Row(k)
		for j, x := range vt.Row(k) {
			a[j] = float32(root * x)
		}
	}
	return p
}

// lift returns the first r left and right singular vectors as rows. A pair of
// vectors is determined up to its sign: the first of the largest elements of
// the left one is made positive.
func (d SVD) lift(r int) (ut, vt gemm.Matrix[float64]) {
	ut = d.left.lift(d.u.Part(0, d.u.Rows, 0, r))
	vt = d.right.lift(d.v.Part(0, d.v.Rows, 0, r))
	for k := range r {
		largest := 0.0
		for _, x := range ut.Row(k) {
			if math.Abs(x) > math.Abs(largest) {
				largest = x
			}
		}
		if largest < 0 {
			negateRow(ut, k)
			negateRow(vt, k)
		}
	}
	return ut, vt
}

func negateRow(m gemm.Matrix[float64], k int) {
	for i, x := range m.Row(k) {
		m.Row(k)[i] = -x
	}
}

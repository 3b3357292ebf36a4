package lowrank

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"github.com/loramerge/loramerge/internal/lowrank/gemm"
)

// blockIteration finds the leading singular vectors of w [m, n] by subspace
// iteration from a random block V [n, b], b > rank (Halko, Martinsson and Tropp,
// 2011, algorithm 4.4), orthonormalised after every product, and shifted as by
// Feng, Yu and Xie ("dashSVD", 2024):
//
//	Y = w·V = Q·R,  Z = wᵀ·Q,  V ← orth(Z − α·V·R⁻¹) = orth((wᵀ·w − α)·V·R⁻¹).
//
// With α = σ_b(Y)²/2 the shift nearly squares the rate at which values close to
// each other part. The values σ̂ of Y capture the energy E = Σ_{i≤rank} σ̂ᵢ² and
// leave the residual ρ² = ‖w‖² − E exactly. E never exceeds its optimum E*, and
// the optimal residual's square is ρ² − (E* − E); gains tells when E* − E is
// small enough.
//
// Products are float32 until the end seems reached. The last ones are float64:
// float32 knows a direction of value σ only to about 2⁻²⁴·σ₁/σ.
type blockIteration struct {
	w       Matrix
	norm    float64
	rank    int
	workers int

	scale float64              // a power of two: ‖w‖·scale is about 1
	vt    gemm.Matrix[float64] // Vᵀ [b, n]
	q     *reflectors          // Y·scale = Q·R
	wide  bool                 // whether products are float64
}

// clearResidual is the share of ‖w‖ above which a residual doesn't feel the
// error of float32 in the directions.
const clearResidual = 0.01

// blockFor returns the width of the block for a rank: some vectors more than
// asked for, which speeds up convergence, and whole panels of the kernel. For a
// block that is a large part of the matrix [out, in] the whole decomposition costs
// no more.
func blockFor(rank, out, in int) (block int, whole bool) {
	block = (rank + max(8, rank/2) + 15) / 16 * 16
	return block, 2*block >= min(out, in)
}

func newBlockIteration(w Matrix, norm float64, block, rank, workers int) *blockIteration {
	_, exponent := math.Frexp(norm)
	it := &blockIteration{
		w: w, norm: norm, rank: rank, workers: workers,
		scale: math.Ldexp(1, -max(-100, exponent)),
	}
	// The seed is a constant: the same matrix gives the same bytes.
	rng := rand.New(rand.NewChaCha8([32]byte([]byte("loramerge: block iteration, v. 1"))))
	start := gemm.New[float64](block, w.Cols)
	for i := range start.Data {
		start.Data[i] = rng.NormFloat64()
	}
	it.vt = it.orthonormal(start)
	return it
}

// run iterates to the end and returns the leading part of the decomposition and
// its residual ρ at rank.
func (it *blockIteration) run() (d SVD, residual float64, err error) {
	var gains gains
	for {
		it.q = factorQR(it.forward(), it.workers)
		values, err := valuesOf(it.q.r)
		if err != nil {
			return SVD{}, 0, err
		}
		settled := gains.settled(values[:it.rank], it.norm*it.scale, it.unit())
		if settled && it.wide {
			d, err = it.decompose()
			return d, gains.residual / it.scale, err
		}
		it.wide = it.wide || settled
		if !settled || gains.residual < clearResidual*it.norm*it.scale {
			it.advance(values[len(values)-1])
		}
	}
}

// unit is the unit roundoff of the products.
func (it *blockIteration) unit() float64 {
	if it.wide {
		return 0x1p-53
	}
	return 0x1p-24
}

// advance computes the next V, given the least value of Y.
func (it *blockIteration) advance(least float64) {
	zt := it.backward(it.q.lift(identity(it.vt.Rows)))
	if least > it.unit() {
		// (V·R⁻¹)ᵀ = R⁻ᵀ·Vᵀ, with ‖α·R⁻¹‖ ≤ σ_b/2, which drowns nothing of Z.
		// Below the roundoff R may be singular, and a shift would change nothing.
		r, block := it.q.r, it.vt.Rows
		blas64.Trsm(blas.Left, blas.Trans, 1,
			blas64.Triangular{Uplo: blas.Upper, Diag: blas.NonUnit, N: block, Stride: block, Data: r.Data},
			blas64.General{Rows: block, Cols: it.vt.Cols, Stride: it.vt.Cols, Data: it.vt.Data})
		floats.AddScaled(zt.Data, -least*least/2, it.vt.Data)
	}
	it.vt = it.orthonormal(zt)
}

// orthonormal returns an orthonormal basis of the rows of xt, which it
// overwrites, as rows.
func (it *blockIteration) orthonormal(xt gemm.Matrix[float64]) gemm.Matrix[float64] {
	return factorQR(xt, it.workers).lift(identity(xt.Rows))
}

// decompose returns the decomposition of Y·Vᵀ = Q·R·Vᵀ, without the scale.
func (it *blockIteration) decompose() (SVD, error) {
	noise := roundingNoise(it.w.Rows, it.w.Cols) * it.norm
	for i := range it.q.r.Data {
		it.q.r.Data[i] /= it.scale
	}
	return decomposeCore(it.q, explicit{it.vt}, it.q.r, noise)
}

// explicit is a basis whose vectors are the rows of a matrix.
type explicit struct {
	qt gemm.Matrix[float64]
}

func (e explicit) lift(p gemm.Matrix[float64]) gemm.Matrix[float64] {
	return multiply(p.T(), e.qt, 1)
}

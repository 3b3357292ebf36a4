package lowrank

import (
	"context"
	"math"

	"github.com/loramerge/loramerge/internal/lowrank/gemm"
)

// krylov grows an orthonormal basis of the block Krylov space of H from a start
// block, span[S, H·S, H²·S, …], and holds the projection T of H onto it, whose
// eigenpairs (Ritz pairs) approach the leading ones of H (Golub and Underwood, 1977).
// Every block is orthogonalised against all before it, so no spurious copies
// of an eigenvalue arise. When there is no room for another block, the basis is
// replaced by its leading Ritz vectors (thick restart, Wu and Simon, 2000).
type krylov struct {
	of *search

	vt       gemm.Matrix[float64] // Vᵀ [room, n], of which the first count rows are the basis
	t        gemm.Matrix[float64] // T = Vᵀ·H·V [room, room], likewise
	count    int
	next     gemm.Matrix[float64] // Nᵀ [b, n], the block to come
	coupling gemm.Matrix[float64] // R [b, b] in H·V = V·T + N·R·Eᵀ, where E picks the last block
	weights  gemm.Matrix[float64] // of the start in the first block, until a restart; else empty
}

// roomFor is the number of basis vectors that blocks of b are given: few enough for
// the eigenpairs of T to cost less than the products with H.
func roomFor(b, n int) int { return max(3, min(8, min(256, n/4)/b)) * b }

// newKrylov starts from the rows of a matrix, which it overwrites.
func newKrylov(of *search, start gemm.Matrix[float64]) *krylov {
	_, n := of.h.shape()
	room := roomFor(start.Rows, n)
	k := &krylov{of: of, vt: gemm.New[float64](room, n), t: gemm.New[float64](room, room)}
	k.next, k.weights = basisOf(start, of.h.workers)
	return k
}

func (k *krylov) full() bool { return k.count+k.next.Rows > k.vt.Rows }

func (k *krylov) basis() gemm.Matrix[float64] { return k.vt.Part(0, k.count, 0, k.vt.Cols) }

// extend takes in the next block: Z = H·N, T's new columns are Vᵀ·Z, and what of Z is
// outside the basis is N·R anew.
func (k *krylov) extend(ctx context.Context) error {
	from, b := k.count, k.next.Rows
	setScaled(k.vt.Part(from, from+b, 0, k.vt.Cols), k.next, 1)
	k.count += b
	zt, err := k.of.times(ctx, k.next)
	if err != nil {
		return err
	}
	k.setColumns(from, k.project(zt))
	k.next, k.coupling = basisOf(zt, k.of.h.workers)
	// Once more, for what the first time has left by cancellation (Giraud, Langou and
	// Rozložník, 2005: "twice is enough").
	k.project(k.next)
	var again gemm.Matrix[float64]
	k.next, again = basisOf(k.next, k.of.h.workers)
	k.coupling = multiply(again, k.coupling, 1)
	return nil
}

// project takes away from Z, given as Zᵀ, what lies in the basis, and returns Vᵀ·Z.
func (k *krylov) project(zt gemm.Matrix[float64]) gemm.Matrix[float64] {
	return project(k.basis(), zt, k.of.h.workers)
}

func project(vt, zt gemm.Matrix[float64], workers int) gemm.Matrix[float64] {
	along := multiply(vt, zt.T(), workers)
	gemm.AddMul(zt, scaled(along.T(), -1), vt, workers)
	return along
}

// setColumns sets the columns of T from one on, and its rows.
func (k *krylov) setColumns(from int, along gemm.Matrix[float64]) {
	for i := range along.Rows {
		for j, x := range along.Row(i) {
			if i >= from { // both of x and its mirror image are there
				x = (x + along.Row(from + j)[i-from]) / 2
			}
			k.t.Row(i)[from+j], k.t.Row(from + j)[i] = x, x
		}
	}
}

// basisOf returns an orthonormal basis Q of the columns of X, given as Xᵀ and
// overwritten, as Qᵀ, and R with X = Q·R.
func basisOf(xt gemm.Matrix[float64], workers int) (qt, r gemm.Matrix[float64]) {
	q := factorQR(xt, workers)
	return q.lift(identity(xt.Rows)), q.r
}

// ritz are the eigenpairs of T, the largest first: H·V·s = θ·V·s but for a residual
// whose norm is known from the coupling alone.
type ritz struct {
	values    []float64
	vectors   gemm.Matrix[float64] // Sᵀ [count, count]: an eigenvector a row
	residuals []float64
}

func (k *krylov) ritz() (ritz, error) {
	n := k.count
	values, vectors, err := eigen(context.Background(), k.t.Part(0, n, 0, n))
	if err != nil {
		return ritz{}, err
	}
	found := ritz{values, vectors, make([]float64, n)}
	left := multiply(vectors.Part(0, n, n-k.coupling.Cols, n), k.coupling.T(), 1)
	for i := range n {
		found.residuals[i] = math.Sqrt(tail(left.Row(i), 0))
	}
	return found, nil
}

// lift returns the first Ritz vectors as rows.
func (k *krylov) lift(found ritz, count int) gemm.Matrix[float64] {
	return multiply(found.vectors.Part(0, count, 0, k.count), k.basis(), k.of.h.workers)
}

// restart keeps as many of the Ritz vectors as leave room for two blocks at least.
func (k *krylov) restart(found ritz) {
	b := k.next.Rows
	kept := min(2*b, k.vt.Rows-2*b)
	vt := k.lift(found, kept)
	clear(k.t.Data)
	setScaled(k.vt.Part(0, kept, 0, k.vt.Cols), vt, 1)
	for i := range kept {
		k.t.Row(i)[i] = found.values[i]
	}
	k.count = kept
	k.weights = gemm.Matrix[float64]{}
}

// values are the eigenvalues of T, the largest first.
func (k *krylov) values() ([]float64, error) {
	return eigenvalues(context.Background(), k.t.Part(0, k.count, 0, k.count))
}

// startNorm is ‖p(H)·S‖₂ of the start S and the polynomial p(x) = T_q(2x/c − 1), where
// T_q is Chebyshev's and q the number of blocks. It is known from T and R alone.
func (k *krylov) startNorm(c float64) (float64, error) {
	b, n := k.weights.Cols, k.count
	before, y := gemm.New[float64](n+b, b), gemm.New[float64](n+b, b)
	setScaled(y.Part(0, b, 0, b), k.weights, 1)
	for q := 1; q <= n/b; q++ {
		z := gemm.New[float64](n+b, b)
		gemm.Mul(z.Part(0, n, 0, b), k.t.Part(0, n, 0, n), y.Part(0, n, 0, b), 1)
		gemm.Mul(z.Part(n, n+b, 0, b), k.coupling, y.Part(n-b, n, 0, b), 1)
		chebyshev(z, y, before, q, c)
		before, y = y, z
	}
	return spectral(y.T())
}

// chebyshev turns Z = H·Y_{q−1} into Y_q = T_q(2H/c − I)·Y₀, given the two before it.
func chebyshev(z, y, before gemm.Matrix[float64], q int, c float64) {
	for i, x := range z.Data { // T₁ = x, T_q = 2x·T_{q−1} − T_{q−2}
		z.Data[i] = float64(min(q, 2))*(2*x/c-y.Data[i]) - before.Data[i]
	}
}

// spectral is ‖X‖₂ of a matrix X with few columns, given as Xᵀ.
func spectral(xt gemm.Matrix[float64]) (float64, error) {
	values, err := valuesOf(factorQR(scaled(xt, 1), 1).r)
	if err != nil {
		return 0, err
	}
	return values[0], nil
}

package lowrank

import (
	"cmp"
	"context"
	"math"
	"sync"

	"github.com/loramerge/loramerge/internal/lowrank/gemm"
)

// Decompose returns the singular value decomposition of the product P = B·A
// on at most workers goroutines, without forming P: with B = Q_B·R_B and
// Aᵀ = Q_A·R_A it is that of the small R_B·R_Aᵀ, in the bases Q_B and Q_A. All is
// computed in float64; len(S) is min(out, in, k).
//
// The absolute error of the singular values is a small multiple of
// 2⁻⁵³·√(out+in)·Σⱼ‖bⱼ‖·‖aⱼ‖ over the columns bⱼ of B and rows aⱼ of A, and values
// below twice that are 0. An element that is NaN or ±Inf gives ErrNotFinite.
// When ctx ends, its error is returned at once. p must stay as it is until the SVD has been
// truncated.
func Decompose(ctx context.Context, p Product, workers int) (SVD, error) {
	return decompose(ctx, p, p.Rank(), workers)
}

// decompose is Decompose with the singular vectors of the first rank values, at least.
func decompose(ctx context.Context, p Product, rank, workers int) (SVD, error) {
	p.check()
	b, a, err := p.factor(ctx, workers)
	if err != nil {
		return SVD{}, err
	}
	return abandonable(ctx, func() (SVD, error) {
		core := multiply(b.core, a.core.T(), workers)
		return leadingOfCore(ctx, b.basis, a.basis, core, noiseOf(p, b.core, a.core), rank)
	})
}

// abandonable returns what decompose does, or the context's error as soon as that ends. A
// step of decompose takes seconds where a matrix has thousands of rows: what is left running
// looks at the context after it. So decompose must own all that it works on, for its caller's
// memory is others' by then.
func abandonable[T any](ctx context.Context, decompose func() (T, error)) (made T, err error) {
	if err := ctx.Err(); err != nil {
		return made, err
	}
	if ctx.Done() == nil {
		return decompose()
	}
	type result struct {
		made T
		err  error
	}
	done := make(chan result, 1)
	go func() {
		d, err := decompose()
		done <- result{d, err}
	}()
	select {
	case r := <-done:
		return r.made, r.err
	case <-ctx.Done():
		return made, ctx.Err()
	}
}

// side is one factor of a product as basis·core.
type side struct {
	basis basis
	core  gemm.Matrix[float64] // [min(m, k), k]
}

// factor returns B and Aᵀ, each as an orthonormal basis times a small matrix.
// The two are worked on side by side. An error is the context's.
func (p Product) factor(ctx context.Context, workers int) (b, a side, err error) {
	half, errOfA := (workers+1)/2, error(nil)
	var wg sync.WaitGroup
	ofA := func() { a, errOfA = sideOf(ctx, p.A.view(), half) }
	if workers > 1 {
		wg.Go(ofA)
	} else {
		ofA()
	}
	b, err = sideOf(ctx, p.B.view().T(), half)
	wg.Wait()
	return b, a, cmp.Or(err, errOfA)
}

// sideOf returns X [m, k], given as Xᵀ, as basis·core. A matrix that is not tall is its own
// core. An error is the context's.
func sideOf(ctx context.Context, xt gemm.Matrix[float32], workers int) (side, error) {
	if xt.Cols <= xt.Rows {
		return side{unit{}, widened(xt).T()}, nil
	}
	if g := gramOf(ctx, xt, workers); ctx.Err() == nil && factorCholesky(g) {
		return side{cholesky{xt, g, workers}, g}, nil
	}
	wide := widened(xt)
	return abandonable(ctx, func() (side, error) {
		q := factorQR(wide, workers)
		return side{q, q.r}, nil
	})
}

// noiseOf bounds the rounding error in the product of the two cores. Householder
// QR is backward stable for each column (Higham 2002, theorem 19.4), so the sizes
// of the columns count singly: large ones of B may meet small rows of A.
func noiseOf(p Product, b, a gemm.Matrix[float64]) float64 {
	var size float64
	for j := range p.Rank() {
		size += columnNorm(b, j) * columnNorm(a, j)
	}
	out, in := p.Shape()
	return roundingNoise(out, in) * size
}

// roundingNoise is the relative error that sums over out and in elements leave.
func roundingNoise(out, in int) float64 {
	return 0x1p-52 * math.Sqrt(float64(out+in))
}

func columnNorm(m gemm.Matrix[float64], j int) float64 {
	var sum float64
	for i := range m.Rows {
		x := m.Data[i*m.RowStep+j*m.ColStep]
		sum += x * x
	}
	return math.Sqrt(sum)
}

// DecomposeBytes is an upper bound of the memory in bytes that Decompose of a
// product of shape [out, in] and rank k, and a Truncate of its result, take at
// their peak beside their argument: the factors in float64, what is lifted from
// their bases, a few k×k matrices, and what each goroutine packs.
func DecomposeBytes(out, in, k, workers int) int64 {
	o, i, n := int64(out), int64(in), int64(k)
	return 8*(3*(o+i)*n+12*n*n) + int64(workers)*PackBytes
}

// PackBytes is what one goroutine packs its operands into: half a MiB of float32 and
// as much of float64, and the strips beside them.
const PackBytes = 1<<20 + 32<<10

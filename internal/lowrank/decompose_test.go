package lowrank

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"github.com/loramerge/loramerge/internal/lowrank/gemm"
)

// TestDecompose checks values and truncations against gonum's SVD of the dense
// product: by the theorem of Eckart and Young the error of a truncation is the
// root of the sum of the squares of the values left out.
func TestDecompose(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		out, in := drawShape(t)
		p := drawProduct(t, "p", out, in)
		d, err := Decompose(context.Background(), p, rapid.IntRange(1, 3).Draw(t, "workers"))
		if err != nil {
			t.Fatal(err)
		}
		if len(d.S) != min(out, in, p.Rank()) {
			t.Fatalf("%d singular values of a [%d, %d] product of rank %d", len(d.S), out, in, p.Rank())
		}
		w := productOf64(p)
		want := singularValues(t, w)
		size := mat.Norm(w, 2)
		for i, x := range d.S {
			requireClose(t, "a singular value", x, want[i], 1e-11*size)
		}
		r := rapid.IntRange(1, len(want)+3).Draw(t, "r")
		requireTruncation(t, d, r, w, math.Sqrt(tail(want, min(r, len(want)))))
	})
}

// requireTruncation allows the factors' rounding to float32 beside a relative
// 1e-6 of the optimal error.
func requireTruncation(t rapid.TB, d SVD, r int, w *mat.Dense, optimal float64) {
	t.Helper()
	q := d.Truncate(r)
	if q.Rank() != r {
		t.Fatalf("a truncation to rank %d has rank %d", r, q.Rank())
	}
	size := mat.Norm(w, 2)
	rounding := 0x1p-23 * size
	requireClose(t, "the error", difference(productOf64(q), w), optimal, 1e-6*optimal+rounding)
	requireClose(t, "the imbalance", mat.Norm(dense64(q.B), 2), mat.Norm(dense64(q.A), 2), 1e-6*math.Sqrt(size*float64(r)))
}

// TestVectors checks that both sets of vectors are orthonormal, reproduce the
// product, and have the sign that is promised.
func TestVectors(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		out, in := drawShape(t)
		p := drawProduct(t, "p", out, in)
		d, err := Decompose(context.Background(), p, 1)
		if err != nil {
			t.Fatal(err)
		}
		n := len(d.S)
		ut, vt := d.lift(slices.Repeat([]float64{1}, n))
		u, v := columns(ut), columns(vt)
		requireOrthonormal(t, u)
		requireOrthonormal(t, v)
		var us, w mat.Dense
		us.Mul(dense64(u), mat.NewDiagDense(n, d.S))
		w.Mul(&us, dense64(v).T())
		want := productOf64(p)
		requireClose(t, "the error", difference(&w, want), 0, 1e-5*mat.Norm(want, 2))
		for k := range n {
			column := mat.Col(nil, k, dense64(u))
			if -slices.Min(column) > slices.Max(column) {
				t.Fatalf("the largest element of left vector %d is negative", k)
			}
		}
	})
}

func columns(t gemm.Matrix[float64]) Matrix {
	m := NewMatrix(t.Cols, t.Rows)
	narrow(m.view(), t.T())
	return m
}

func requireOrthonormal(t rapid.TB, m Matrix) {
	t.Helper()
	var g mat.Dense
	g.Mul(dense64(m).T(), dense64(m))
	requireClose(t, "QᵀQ − I", difference(&g, mat.NewDiagDense(m.Cols, slices.Repeat([]float64{1}, m.Cols))), 0,
		1e-6*math.Sqrt(float64(m.Cols)))
}

// TestDecomposeCheckpoints has two adapters that differ in the last digits, at
// which Cholesky QR breaks down.
func TestDecomposeCheckpoints(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	p := randomProduct(rng, 700, 16, 500)
	q := Product{B: Matrix{700, 16, slices.Clone(p.B.Data)}, A: p.A}
	for i := range q.B.Data {
		q.B.Data[i] *= 1 + 0x1p-20*float32(rng.NormFloat64())
	}
	sum := Concat([]float64{1, 1}, []Product{p, q})
	d, err := Decompose(context.Background(), sum, 2)
	if err != nil {
		t.Fatal(err)
	}
	w := productOf64(sum)
	want := singularValues(t, w)
	for i, x := range d.S[:16] {
		requireClose(t, "a singular value", x, want[i], 1e-10*want[i])
	}
	if slices.Max(d.S[16:]) != 0 {
		t.Errorf("the sum has rank 16, but value 17 is %v", d.S[16])
	}
}

// TestDecomposeDoesNotDependOnWorkers compares bits.
func TestDecomposeDoesNotDependOnWorkers(t *testing.T) {
	p := randomProduct(rand.New(rand.NewPCG(9, 1)), 900, 70, 600)
	one, err := Decompose(context.Background(), p, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, workers := range []int{2, 8} {
		more, err := Decompose(context.Background(), p, workers)
		if err != nil {
			t.Fatal(err)
		}
		requireSame(t, more.Truncate(20), one.Truncate(20))
	}
}

func requireSame(t testing.TB, got, want Product) {
	t.Helper()
	if !slices.Equal(got.B.Data, want.B.Data) || !slices.Equal(got.A.Data, want.A.Data) {
		t.Error("the products differ")
	}
}

func TestNotFinite(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		p := randomProduct(rand.New(rand.NewPCG(1, 2)), 40, 4, 30)
		p.A.Data[17] = float32(bad)
		if _, err := Decompose(context.Background(), p, 1); !errors.Is(err, ErrNotFinite) {
			t.Errorf("Decompose with %v gives error %v", bad, err)
		}
		for _, rank := range []int{1, 30} {
			w := randomMatrix(rand.New(rand.NewPCG(1, 2)), 100, 90)
			w.Data[8999] = float32(bad)
			if _, _, err := DecomposeDense(context.Background(), w, rank, 2); !errors.Is(err, ErrNotFinite) {
				t.Errorf("DecomposeDense with %v gives error %v", bad, err)
			}
		}
	}
}

// TestExtremes decomposes products at the ends of float32's range; the values
// are Σ = ‖b‖·‖a‖ for rank 1.
func TestExtremes(t *testing.T) {
	for _, x := range []float32{math.MaxFloat32, math.SmallestNonzeroFloat32} {
		p := Product{B: Matrix{3, 1, []float32{x, x, x}}, A: Matrix{1, 3, []float32{x, -x, x}}}
		d, err := Decompose(context.Background(), p, 1)
		if err != nil {
			t.Fatal(err)
		}
		want := 3 * float64(x) * float64(x)
		requireClose(t, "σ₁", d.S[0], want, 1e-12*want)
		got := d.Truncate(2)
		if slices.ContainsFunc(append(got.B.Data, got.A.Data...), func(x float32) bool { return x != x }) {
			t.Errorf("the truncation holds NaN: %v", got)
		}
	}
}

package lowrank

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"github.com/loramerge/loramerge/internal/lowrank/gemm"
)

// TestBidiagonalizeIsDgebrd: in steps that a context can end comes out, bit for bit, what
// LAPACK's whole routine gives.
func TestBidiagonalizeIsDgebrd(t *testing.T) {
	rng := rand.New(rand.NewPCG(16, 16))
	for _, size := range [][2]int{{1, 1}, {40, 30}, {129, 129}, {300, 161}} {
		m, n := size[0], size[1]
		x := normal64(rng, m, n)
		b, err := bidiagonalize(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		whole := bidiagonal{scaled(x, 1), make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n-1)}
		withWork(func(work []float64, size int) {
			lapackImpl.Dgebrd(m, n, whole.reflectors.Data, n, whole.d, whole.e, whole.tauQ, whole.tauP, work, size)
		})
		for _, same := range [][2][]float64{{b.reflectors.Data, whole.reflectors.Data}, {b.d, whole.d}, {b.e, whole.e}, {b.tauQ, whole.tauQ}, {b.tauP, whole.tauP}} {
			if !slices.Equal(same[0], same[1]) {
				t.Fatalf("%v: not what dgebrd gives", size)
			}
		}
	}
}

func normal64(rng *rand.Rand, rows, columns int) gemm.Matrix[float64] {
	x := gemm.New[float64](rows, columns)
	for i := range x.Data {
		x.Data[i] = rng.NormFloat64()
	}
	return x
}

// spectra64 are singular values that iterations have found hard: equal ones, zeros, values
// in clusters, and over many orders of magnitude, rising and falling.
var spectra64 = map[string]func(i, n int) float64{
	"falling":   func(i, n int) float64 { return math.Pow(10, -float64(12*i)/float64(n)) },
	"rising":    func(i, n int) float64 { return math.Pow(10, -float64(12*(n-1-i))/float64(n)) },
	"equal":     func(int, int) float64 { return 3 },
	"two":       func(i, _ int) float64 { return float64(1 + i%2) },
	"clusters":  func(i, _ int) float64 { return float64(1+i/5) + 1e-13*float64(i) },
	"null":      func(i, n int) float64 { return float64(max(0, n/2-i)) },
	"all zero":  func(int, int) float64 { return 0 },
	"one alone": func(i, _ int) float64 { return float64(1 - min(i, 1)) },
	"tiny":      func(i, n int) float64 { return 1e-120 * float64(n-i) },
	"huge":      func(i, n int) float64 { return 1e70 * float64(n-i) },
	"arrowed":   func(i, n int) float64 { return math.Exp2(-float64(i * i)) },
}

// TestSmallDecompositions: of matrices with these singular values, diagonal or rotated at
// random, the values come back within a small multiple of the roundoff, the vectors are
// orthonormal, and together they are the matrix; of the squares too, as eigenvalues.
func TestSmallDecompositions(t *testing.T) {
	for name, value := range spectra64 {
		for _, n := range []int{1, 2, 3, 17, 70, 140} {
			for _, diagonal := range []bool{true, false} {
				t.Run(fmt.Sprint(name, n, diagonal), func(t *testing.T) {
					rng := rand.New(rand.NewPCG(4, uint64(n)))
					u, v, s := identity(n), identity(n), make([]float64, n)
					if !diagonal {
						u, _ = basisOf(normal64(rng, n, n), 1)
						v, _ = basisOf(normal64(rng, n, n), 1)
					}
					for i := range s {
						s[i] = value(i, n)
					}
					m := small{u, v, s}.product(s)
					d, err := decomposeCore(t.Context(), unit{}, unit{}, m, 0)
					if err != nil {
						t.Fatal(err)
					}
					requireSpectrum(t, d.S, s)
					requireFactors(t, m, d.u, d.v, d.S)

					g := small{u, u, s}.product(s)
					values, rows, err := eigen(t.Context(), g)
					if err != nil {
						t.Fatal(err)
					}
					requireSpectrum(t, values, s)
					requireFactors(t, g, rows.T(), rows.T(), values)
					alone, err := eigenvalues(t.Context(), g)
					if err != nil {
						t.Fatal(err)
					}
					requireSpectrum(t, alone, s)
				})
			}
		}
	}
}

func requireSpectrum(t *testing.T, got, want []float64) {
	t.Helper()
	want = slices.Clone(want)
	slices.Sort(want)
	slices.Reverse(want)
	for i, x := range want {
		if !(math.Abs(got[i]-x) <= 1e-13*want[0]) {
			t.Fatalf("value %d of %d is %g, want %g", i, len(want), got[i], x)
		}
	}
}

// requireFactors fails unless u·diag(s)·vᵀ is m and u and v are orthonormal.
func requireFactors(t *testing.T, m, u, v gemm.Matrix[float64], s []float64) {
	t.Helper()
	product := small{u, v, s}.product(s)
	var distance, size float64
	for i := range m.Rows {
		for j := range m.Cols {
			x := m.Data[i*m.RowStep+j*m.ColStep]
			distance, size = max(distance, math.Abs(product.Row(i)[j]-x)), max(size, math.Abs(x))
		}
	}
	if !(distance <= 1e-12*size) {
		t.Fatalf("the factors are %g beside the matrix", distance/size)
	}
	for _, q := range []gemm.Matrix[float64]{u, v} {
		g := multiply(q.T(), q, 1)
		for i := range g.Rows {
			g.Row(i)[i]--
		}
		if worst := largest(g.Data); !(worst <= 1e-12) {
			t.Fatalf("the vectors are %g beside orthonormal", worst)
		}
	}
}

// TestSmallDecompositionsAreGonums: any shape.
func TestSmallDecompositionsAreGonums(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows, columns := rapid.IntRange(1, 40).Draw(t, "rows"), rapid.IntRange(1, 40).Draw(t, "columns")
		m := normal64(rand.New(rand.NewPCG(1, rapid.Uint64().Draw(t, "seed"))), rows, columns)
		d, err := decomposeCore(t.Context(), unit{}, unit{}, m, 0)
		if err != nil {
			t.Fatal(err)
		}
		var svd mat.SVD
		w := mat.NewDense(rows, columns, nil)
		w.SetRawMatrix(blas64.General{Rows: rows, Cols: columns, Stride: columns, Data: m.Data})
		if !svd.Factorize(w, mat.SVDNone) {
			t.Fatal("gonum does not converge")
		}
		for i, x := range svd.Values(nil) {
			if math.Abs(d.S[i]-x) > 1e-13*d.S[0] {
				t.Fatalf("value %d is %g, want %g", i, d.S[i], x)
			}
		}
	})
}

// TestEqualValuesConverge: where the element between two values that are all but equal is
// just more than their last place, a sweep only turns its sign.
func TestEqualValuesConverge(t *testing.T) {
	near, beside := 73.43231964111324, 2.1316282072803006e-14
	b := bidiagonal{d: []float64{near, near - 0x1p-46}, e: []float64{beside}}
	if err := b.diagonalize(t.Context(), gemm.Matrix[float64]{}, gemm.Matrix[float64]{}); err != nil {
		t.Error("singular values:", err)
	}
	for _, e := range []float64{1, 1.5, 2, 3} {
		s := tridiagonal{d: []float64{near, near - 0x1p-46}, e: []float64{e * 0x1p-46, 0}}
		if err := s.diagonalize(t.Context(), gemm.Matrix[float64]{}); err != nil {
			t.Error("eigenvalues:", err)
		}
	}
}

// TestLeadingOfCore: the values are those of the whole decomposition, bit for bit, and the
// vectors are orthonormal and belong to them, equal values and zeros included.
func TestLeadingOfCore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows, cols := rapid.IntRange(2, 60).Draw(t, "rows"), rapid.IntRange(2, 60).Draw(t, "cols")
		rng := rand.New(rand.NewPCG(18, rapid.Uint64().Draw(t, "seed")))
		w := withSpectrum(rng, rows, cols, rapid.SampledFrom(spectra).Draw(t, "spectrum"))
		core, rank := widened(w.view()), rapid.IntRange(1, min(rows, cols)/2).Draw(t, "rank")
		full, err := decomposeCore(t.Context(), unit{}, unit{}, core, 1e-12)
		if err != nil {
			t.Fatal(err)
		}
		d, err := leadingOfCore(t.Context(), unit{}, unit{}, core, 1e-12, rank)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(d.S, full.S) {
			t.Fatalf("values %v, want %v", d.S, full.S)
		}
		size := full.S[0]
		for _, side := range []struct{ from, to, of gemm.Matrix[float64] }{{d.v, d.u, core}, {d.u, d.v, core.T()}} {
			image, gram := multiply(side.of, side.from, 1), multiply(side.from.T(), side.from, 1)
			for j := range rank {
				for i := range image.Rows {
					if got, want := image.Row(i)[j], full.S[j]*side.to.Data[i*side.to.RowStep+j*side.to.ColStep]; math.Abs(got-want) > 1e-11*max(1, size) {
						t.Fatalf("the image of vector %d has the element %v, want %v", j, got, want)
					}
				}
				for i := range rank {
					if math.Abs(gram.Row(i)[j]-identity(rank).Row(i)[j]) > 1e-12 {
						t.Fatalf("vectors %d and %d have the inner product %v", i, j, gram.Row(i)[j])
					}
				}
			}
		}
	})
}

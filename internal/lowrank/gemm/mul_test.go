package gemm

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestMul compares products of any shape, stride and number of workers with
// sums in float64, within the bound that Mul documents.
func TestMul(t *testing.T) {
	t.Run("float32", func(t *testing.T) { rapid.Check(t, checkMul[float32](0x1p-24)) })
	t.Run("float64", func(t *testing.T) { rapid.Check(t, checkMul[float64](0x1p-53)) })
}

func checkMul[T Float](unit float64) func(t *rapid.T) {
	return func(t *rapid.T) {
		m, k, n := drawSizes(t)
		rng := rand.New(rand.NewPCG(1, rapid.Uint64().Draw(t, "seed")))
		a, b := randomMatrix[T](rng, m, k), randomMatrix[T](rng, k, n)
		dst := randomMatrix[T](rng, m, n)
		if rapid.Bool().Draw(t, "transposed a") {
			a = transposed(a)
		}
		if rapid.Bool().Draw(t, "transposed b") {
			b = transposed(b)
		}
		if rapid.Bool().Draw(t, "transposed dst") {
			dst = transposed(dst)
		}
		before := clone(dst)
		Mul(dst, a, b, rapid.IntRange(1, 8).Draw(t, "workers"))
		requireProduct(t, dst, New[T](m, n), a, b, unit)
		one := New[T](m, n)
		Mul(one, a, b, 1)
		if !slices.Equal(clone(dst).Data, one.Data) {
			t.Fatal("the product depends on the number of workers or on how dst lies in memory")
		}
		copyInto(dst, before)
		AddMul(dst, a, b, rapid.IntRange(1, 8).Draw(t, "workers"))
		requireProduct(t, dst, before, a, b, unit)
	}
}

// drawSizes draws small sizes, one of which may be longer than a block.
func drawSizes(t *rapid.T) (m, k, n int) {
	sizes := rapid.SliceOfN(rapid.IntRange(1, 40), 3, 3).Draw(t, "sizes")
	if rapid.Bool().Draw(t, "long") {
		sizes[rapid.IntRange(0, 2).Draw(t, "which")] = rapid.SampledFrom([]int{256, 257, 300, 513, 1030}).Draw(t, "length")
	}
	return sizes[0], sizes[1], sizes[2]
}

// requireProduct fails unless got = start + a·b within (k+2)·unit·Σ|a·b|, which
// is more than Mul's bound.
func requireProduct[T Float](t rapid.TB, got, start, a, b Matrix[T], unit float64) {
	t.Helper()
	for i := range got.Rows {
		for j := range got.Cols {
			sum, size := float64(at(start, i, j)), math.Abs(float64(at(start, i, j)))
			for l := range a.Cols {
				x := float64(at(a, i, l)) * float64(at(b, l, j))
				sum += x
				size += math.Abs(x)
			}
			if diff := math.Abs(float64(at(got, i, j)) - sum); !(diff <= 2*float64(a.Cols+2)*unit*size) {
				t.Fatalf("element (%d, %d) is %v, want %v", i, j, at(got, i, j), sum)
			}
		}
	}
}

func at[T Float](m Matrix[T], i, j int) T { return m.Data[i*m.RowStep+j*m.ColStep] }

func randomMatrix[T Float](rng *rand.Rand, rows, cols int) Matrix[T] {
	m := New[T](rows, cols)
	for i := range m.Data {
		m.Data[i] = T(rng.NormFloat64())
	}
	return m
}

// transposed returns m's values in column-major order.
func transposed[T Float](m Matrix[T]) Matrix[T] {
	c := New[T](m.Cols, m.Rows).T()
	copyInto(c, m)
	return c
}

func clone[T Float](m Matrix[T]) Matrix[T] {
	c := New[T](m.Rows, m.Cols)
	copyInto(c, m)
	return c
}

func copyInto[T Float](dst, src Matrix[T]) {
	for i := range src.Rows {
		for j := range src.Cols {
			dst.Data[i*dst.RowStep+j*dst.ColStep] = at(src, i, j)
		}
	}
}

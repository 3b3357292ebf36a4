package gemm

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestMulWide: any shape, in either order in memory, on any number of workers, gives the bits
// of Mul in float64.
func TestMulWide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(2, rapid.Uint64().Draw(t, "seed")))
		m, n := rapid.IntRange(1, 40).Draw(t, "m"), rapid.IntRange(1, 20).Draw(t, "n")
		k := rapid.SampledFrom([]int{1, 7, 40, 256, 257, 600}).Draw(t, "k")
		x, y := randomMatrix[float32](rng, m, k), randomMatrix[float64](rng, k, n)
		got, want := New[float64](m, n), New[float64](m, n)
		Mul(want, wide(x), y, 1)
		for _, flip := range []*Matrix[float64]{&y, &got} {
			if rapid.Bool().Draw(t, "transposed") {
				*flip = transposed(*flip)
			}
		}
		if rapid.Bool().Draw(t, "x transposed") {
			x = transposed(x)
		}
		MulWide(got, x, y, rapid.IntRange(1, 8).Draw(t, "workers"))
		for i := range m {
			for j := range n {
				if at(got, i, j) != at(want, i, j) {
					t.Fatalf("(%d, %d): %v, want %v", i, j, at(got, i, j), at(want, i, j))
				}
			}
		}
	})
}

// TestAddCross: as TestAddGram.
func TestAddCross(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(3, rapid.Uint64().Draw(t, "seed")))
		m, n := rapid.IntRange(1, 20).Draw(t, "m"), rapid.IntRange(1, 20).Draw(t, "n")
		k := rapid.SampledFrom([]int{1, 7, 40, 256, 257, 600}).Draw(t, "k")
		x, y := randomMatrix[float32](rng, m, k), randomMatrix[float32](rng, n, k)
		got, want := New[float64](m, n), New[float64](m, n)
		wideX, wideY := wide(x), wide(y)
		for _, flip := range []*Matrix[float32]{&x, &y} {
			if rapid.Bool().Draw(t, "transposed") {
				*flip = transposed(*flip)
			}
		}
		for range 2 {
			AddMul(want, wideX, wideY.T(), 1)
			AddCross(got, x, y)
		}
		if !slices.Equal(got.Data, want.Data) {
			t.Fatal("the product is not that of AddMul")
		}
	})
}

// wide is x in float64.
func wide(x Matrix[float32]) Matrix[float64] {
	out := New[float64](x.Rows, x.Cols)
	for i := range x.Rows {
		for l := range x.Cols {
			out.Row(i)[l] = float64(at(x, i, l))
		}
	}
	return out
}

package gemm

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestAddGram: any shape, in either order in memory, on any number of workers, gives the
// bits of AddMul in float64.
func TestAddGram(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k, n := rapid.IntRange(1, 40).Draw(t, "k"), rapid.SampledFrom([]int{1, 7, 40, 256, 257, 600}).Draw(t, "n")
		x := randomMatrix[float32](rand.New(rand.NewPCG(1, rapid.Uint64().Draw(t, "seed"))), k, n)
		if rapid.Bool().Draw(t, "transposed") {
			x = transposed(x)
		}
		wideX := wide(x)
		got, want := New[float64](k, k), New[float64](k, k)
		for range 2 {
			AddMul(want, wideX, wideX.T(), 1)
			AddGram(got, x, rapid.IntRange(1, 8).Draw(t, "workers"))
		}
		if !slices.Equal(got.Data, want.Data) {
			t.Fatal("the Gram matrix is not that of AddMul")
		}
	})
}

//go:build amd64 && !noasm

package gemm

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestKernelsAgree compares the assembly with the portable kernel bit for bit,
// on numbers of so few bits that every product is exact: there fusing it with
// the sum changes nothing, which package lowrank's inner products rely on.
func TestKernelsAgree(t *testing.T) {
	if !hasAVX2 {
		t.Skip("this processor has no AVX2 or FMA")
	}
	t.Run("float32", func(t *testing.T) { compareKernels(t, avx2Float32, 1<<12) })
	t.Run("float64", func(t *testing.T) { compareKernels(t, avx2Float64, 1<<24) })
}

func compareKernels[T Float](t *testing.T, assembly kernel[T], limit int) {
	rng := rand.New(rand.NewPCG(3, 1))
	draw := func(n int) []T {
		x := make([]T, n)
		for i := range x {
			x[i] = T(rng.IntN(2*limit)-limit) * 0x1p-9
		}
		return x
	}
	const spare = 3 // elements between the rows that must stay as they are
	nr := panelCols[T]()
	for _, k := range []int{1, 2, 3, 4, 5, 7, 8, 31, 256} {
		for _, add := range []bool{false, true} {
			a, b, c := draw(tileRows*(k+spare)), draw(k*nr), draw(tileRows*(nr+spare))
			want := slices.Clone(c)
			portable(k, a, k+spare, b, want, nr+spare, add)
			assembly(k, a, k+spare, b, c, nr+spare, add)
			if !slices.Equal(c, want) {
				t.Errorf("k = %d, add = %v: the kernels differ", k, add)
			}
		}
	}
}

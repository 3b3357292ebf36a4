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

// TestSquaresAgree compares the kernels of Gram matrices bit for bit, on values of float32.
func TestSquaresAgree(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 2))
	draw := func(n int) []float64 {
		x := make([]float64, n)
		for i := range x {
			x[i] = float64(float32(rng.NormFloat64()))
		}
		return x
	}
	for _, k := range []int{1, 2, 3, 4, 5, 31, 256} {
		a, b, c := draw(k*square), draw(k*square), draw(square*square)
		want := slices.Clone(c)
		portableSquare(k, a, b, want)
		for name, kernel := range map[string]squareKernel{"AVX2": square8, "AVX-512": square8wide} {
			if name == "AVX2" && !hasAVX2 || name == "AVX-512" && !hasAVX512 {
				continue
			}
			got := slices.Clone(c)
			assemblySquare(kernel, k, a, b, got)
			if !slices.Equal(got, want) {
				t.Errorf("k = %d: the kernel of %s differs", k, name)
			}
		}
	}
}

package lowrank

import (
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/blas"

	"github.com/loramerge/loramerge/internal/lowrank/gemm"
)

// TestStepsAreLAPACKs: in steps that a context can end comes out, bit for bit, what LAPACK's
// whole routines give.
func TestStepsAreLAPACKs(t *testing.T) {
	rng := rand.New(rand.NewPCG(16, 16))
	for _, size := range [][2]int{{1, 1}, {40, 30}, {129, 129}, {300, 161}, {260, 260}} {
		m, n := size[0], size[1]
		x := gemm.New[float64](m, n)
		for i := range x.Data {
			x.Data[i] = rng.NormFloat64()
		}
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
		ut, vt := b.left(), b.right()
		wholeU, wholeV := scaled(ut, 1), scaled(vt, 1)
		if err := b.diagonalize(t.Context(), ut, vt); err != nil {
			t.Fatal(err)
		}
		lapackImpl.Dbdsqr(blas.Upper, n, n, 0, m, whole.d, whole.e, wholeV.Data, n, nil, 1, wholeU.Data, m, make([]float64, 4*n))
		if !slices.Equal(b.d, whole.d) || !slices.Equal(ut.Data, wholeU.Data) || !slices.Equal(vt.Data, wholeV.Data) {
			t.Errorf("%v: not what dbdsqr gives", size)
		}
	}
}

package lowrank

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// TestDecomposeDense compares the residual with that of gonum's full SVD, which
// is optimal by the theorem of Eckart and Young.
func TestDecomposeDense(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, size := range [][2]int{{180, 140}, {130, 240}} {
		for _, s := range spectra {
			w := withSpectrum(rng, size[0], size[1], s)
			want := singularValues(t, dense64(w))
			for _, rank := range []int{1, 8, 16, 100, 1000} {
				t.Run(fmt.Sprintf("%s/%dx%d/rank=%d", s.name, size[0], size[1], rank), func(t *testing.T) {
					requireNearOptimal(t, w, rank, want)
				})
			}
		}
	}
}

func requireNearOptimal(t *testing.T, w Matrix, rank int, values []float64) {
	t.Helper()
	d, rest, err := DecomposeDense(t.Context(), w, rank, 2)
	if err != nil {
		t.Fatal(err)
	}
	residual := math.Hypot(rest, math.Sqrt(tail(d.S, min(rank, len(d.S)))))
	wide := dense64(w)
	size := mat.Norm(wide, 2)
	optimal := math.Sqrt(tail(values, min(rank, len(values))))
	if limit := max(1.001*optimal, optimal+1e-6*size); residual > limit {
		t.Errorf("residual %.6g of %.6g, the optimal one is %.6g: %.4f%% more", residual, size, optimal, 100*(residual/optimal-1))
	}
	actual := difference(wide, productOf64(d.Truncate(rank)))
	if math.Abs(actual-residual) > 1e-5*residual+1e-6*size {
		t.Errorf("residual is given as %.9g, and is %.9g of %.6g", residual, actual, size)
	}
}

// TestDecomposeDenseOfNoise compares block iterations where convergence is slow:
// noise, alone and around a product that hardly stands out of it.
func TestDecomposeDenseOfNoise(t *testing.T) {
	if raceDetector {
		t.Skip("a long search takes minutes under the race detector")
	}
	rng := rand.New(rand.NewPCG(2, 2))
	for _, strength := range []float32{0, 0.8, 1.2, 2} {
		w := randomMatrix(rng, 400, 300)
		p := randomProduct(rng, 400, 24, 300)
		for i := range p.B.Data {
			p.B.Data[i] *= strength / 24
		}
		around := NewMatrix(400, 300)
		Dense(context.Background(), around, p, 2)
		for i, x := range around.Data {
			w.Data[i] += x
		}
		want := singularValues(t, dense64(w))
		for _, rank := range []int{2, 16, 48} {
			t.Run(fmt.Sprintf("strength=%v/rank=%d", strength, rank), func(t *testing.T) {
				requireNearOptimal(t, w, rank, want)
			})
		}
	}
}

// TestDecomposeDenseScales has the same matrix in the largest and the least
// numbers of float32.
func TestDecomposeDenseScales(t *testing.T) {
	w := withSpectrum(rand.New(rand.NewPCG(3, 3)), 150, 120, spectra[4])
	want, _, err := DecomposeDense(t.Context(), w, 4, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, exponent := range []int{120, -90} {
		moved := NewMatrix(w.Rows, w.Cols)
		for i, x := range w.Data {
			moved.Data[i] = float32(math.Ldexp(float64(x), exponent))
		}
		got, _, err := DecomposeDense(t.Context(), moved, 4, 1)
		if err != nil {
			t.Fatal(err)
		}
		for i, x := range got.S {
			requireClose(t, "a singular value", math.Ldexp(x, -exponent), want.S[i], 1e-9*want.S[0])
		}
	}
}

// TestDecomposeDenseDoesNotDependOnWorkers compares bits.
func TestDecomposeDenseDoesNotDependOnWorkers(t *testing.T) {
	w := randomMatrix(rand.New(rand.NewPCG(4, 4)), 401, 303)
	for _, rank := range []int{16, 150} {
		one, _, err := DecomposeDense(t.Context(), w, rank, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, workers := range []int{2, 8} {
			more, _, err := DecomposeDense(t.Context(), w, rank, workers)
			if err != nil {
				t.Fatal(err)
			}
			requireSame(t, more.Truncate(rank), one.Truncate(rank))
		}
	}
}

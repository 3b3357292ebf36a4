package lowrank

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// hardSpectra are those that take a search of a block longest: about as many large values
// as the block has vectors, or a few times as many, hardly differing, and little beside them.
func hardSpectra(block int) []spectrum {
	var all []spectrum
	for _, at := range []int{block - 1, block, block + 1, 2 * block, 3 * block} {
		for _, low := range []float64{0, 1e-3} {
			for _, slope := range []float64{0, 1e-2} {
				all = append(all, spectrum{fmt.Sprintf("%d sloping by %g over %g", at, slope, low), func(i, _ int) float64 {
					return step(i, at, 1-slope*float64(i)/float64(at), low)
				}})
			}
		}
	}
	for _, head := range []float64{1e2, 1e4} {
		all = append(all, spectrum{fmt.Sprintf("%g above few", head), func(i, _ int) float64 {
			return step(i, block/3, head, step(i, 2*block, 1-.25*float64(i)/float64(block), 1e-4))
		}})
	}
	return all
}

// TestSearchesEndSoon: the hardest spectra take far fewer products than those a search gives
// up after, and are found as well as the others.
func TestSearchesEndSoon(t *testing.T) {
	if raceDetector {
		t.Skip("a long search takes minutes under the race detector")
	}
	const n = 200
	rng := rand.New(rand.NewPCG(14, 14))
	u, v := orthonormal(rng, n, n), orthonormal(rng, n, n)
	for _, rank := range []int{4, 16, 32} {
		block, whole := blockFor(rank, n, n)
		if whole {
			t.Fatal("the search is not used")
		}
		for _, s := range hardSpectra(block) {
			values := make([]float64, n)
			for i := range values {
				values[i] = s.value(i, n)
			}
			var us, w64 mat.Dense
			us.Mul(u, mat.NewDiagDense(n, values))
			w64.Mul(&us, v.T())
			w := NewMatrix(n, n)
			for i, x := range w64.RawMatrix().Data {
				w.Data[i] = float32(x)
			}
			norm := frobenius(w, 2)
			search := newSearch(newSquared(w, norm, 2), norm, rank)
			f, err := search.run(t.Context(), block)
			if err != nil {
				t.Fatalf("%s, rank %d: %v", s.name, rank, err)
			}
			if search.products > mostProducts/10*n {
				t.Errorf("%s, rank %d: %d products", s.name, rank, search.products)
			}
			held := tail(f.yt.Data, 0) / (search.h.scale * search.h.scale)
			residual, optimal := math.Sqrt(max(0, norm*norm-held)), math.Sqrt(tail(values, rank))
			if limit := max(1.001*optimal, optimal+1e-6*norm); residual > limit {
				t.Errorf("%s, rank %d: residual %.6g, the optimal one is %.6g", s.name, rank, residual, optimal)
			}
		}
	}
}

// TestProductsErrByFewRoundoffs compares float32 with float64.
func TestProductsErrByFewRoundoffs(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 15))
	shifted := randomMatrix(rng, 900, 700)
	for i := range shifted.Data {
		shifted.Data[i] += 5
	}
	matrices := map[string]Matrix{"noise": randomMatrix(rng, 2000, 1000), "wide noise": randomMatrix(rng, 300, 3000), "noise about 5": shifted}
	for _, s := range spectra {
		if s.name != "zero" {
			matrices[s.name] = withSpectrum(rng, 200, 150, s)
		}
	}
	for name, w := range matrices {
		norm := frobenius(w, 2)
		h := newSquared(w, norm, 2)
		vt, _ := basisOf(newSearch(h, norm, 8).random(16), 2)
		for range 4 {
			narrow, err := h.times(t.Context(), vt, false)
			if err != nil {
				t.Fatal(err)
			}
			wide, err := h.times(t.Context(), vt, true)
			if err != nil {
				t.Fatal(err)
			}
			least, err := spectral(wide) // θ₁ is no less
			if err != nil {
				t.Fatal(err)
			}
			for i := range vt.Rows {
				var squares float64
				for j, x := range wide.Row(i) {
					squares += (narrow.Row(i)[j] - x) * (narrow.Row(i)[j] - x)
				}
				if roundoffs := math.Sqrt(squares) / least * 0x1p24; roundoffs > mostRoundoffs {
					t.Errorf("%s: an error of %.2f roundoffs", name, roundoffs)
				}
			}
			vt, _ = basisOf(wide, 2)
		}
	}
}

package lowrank

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// TestDecomposeLeading compares with the full decomposition of a core that is large
// enough to be iterated on, and of one that is not.
func TestDecomposeLeading(t *testing.T) {
	for i, s := range spectra {
		for _, k := range []int{worthIterating - 1, worthIterating + 44} {
			if k < worthIterating && i > 0 || testing.Short() && i%3 > 0 {
				continue // a full decomposition takes a second
			}
			t.Run(fmt.Sprint(s.name, "/", k), func(t *testing.T) {
				p := productWithSpectrum(rand.New(rand.NewPCG(7, uint64(i))), 330, k, 310, s)
				full, err := Decompose(t.Context(), p, 2)
				if err != nil {
					t.Fatal(err)
				}
				d, rest, err := DecomposeLeading(t.Context(), p, 16, 2)
				if err != nil {
					t.Fatal(err)
				}
				residual := math.Hypot(rest, math.Sqrt(tail(d.S, 16)))
				wide := productOf64(p)
				size, optimal := mat.Norm(wide, 2), math.Sqrt(tail(full.S, 16))
				if limit := max(1.001*optimal, optimal+1e-6*size); residual > limit {
					t.Errorf("residual %.6g of %.6g, the optimal one is %.6g", residual, size, optimal)
				}
				actual := difference(wide, productOf64(d.Truncate(16)))
				if math.Abs(actual-residual) > 1e-5*residual+1e-6*size {
					t.Errorf("residual is given as %.9g, and is %.9g of %.6g", residual, actual, size)
				}
			})
		}
	}
}

// productWithSpectrum is a product of random singular vectors and about the given
// singular values, of which it holds k.
func productWithSpectrum(rng *rand.Rand, out, k, in int, s spectrum) Product {
	u, v := orthonormal(rng, out, k), orthonormal(rng, in, k)
	p := Product{B: NewMatrix(out, k), A: NewMatrix(k, in)}
	for j := range k {
		root := math.Sqrt(s.value(j, k))
		for i := range out {
			p.B.Data[i*k+j] = float32(root * u.At(i, j))
		}
		for i := range in {
			p.A.Data[j*in+i] = float32(root * v.At(i, j))
		}
	}
	return p
}

// TestDecomposeLeadingBeyondFloat32: a core that float32 can't hold is decomposed whole.
func TestDecomposeLeadingBeyondFloat32(t *testing.T) {
	p := randomProduct(rand.New(rand.NewPCG(8, 8)), 300, worthIterating, 300)
	for _, m := range []Matrix{p.B, p.A} {
		for i := range m.Data {
			m.Data[i] = float32(math.Ldexp(float64(m.Data[i]), 80))
		}
	}
	d, _, err := DecomposeLeading(t.Context(), p, 4, 1)
	if err != nil || len(d.S) != worthIterating {
		t.Errorf("%d singular values, %v", len(d.S), err)
	}
}

func TestDecomposeLeadingDoesNotDependOnWorkers(t *testing.T) {
	p := randomProduct(rand.New(rand.NewPCG(9, 9)), 400, 300, 350)
	one, _, err := DecomposeLeading(t.Context(), p, 8, 1)
	if err != nil {
		t.Fatal(err)
	}
	more, _, err := DecomposeLeading(t.Context(), p, 8, 3)
	if err != nil {
		t.Fatal(err)
	}
	requireSame(t, more.Truncate(8), one.Truncate(8))
}

package lowrank_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/loramerge/loramerge/internal/lowrank"
)

// dense64 is Σ B·A in float64.
func dense64(p lowrank.Product) []float64 {
	out, in := p.Shape()
	w := make([]float64, out*in)
	for i := range out {
		for l := range p.Rank() {
			b := float64(p.B.Row(i)[l])
			for j, a := range p.A.Row(l) {
				w[i*in+j] += b * float64(a)
			}
		}
	}
	return w
}

func relativeDistance(got, want []float64) float64 {
	var distance, norm float64
	for i := range want {
		distance += (got[i] - want[i]) * (got[i] - want[i])
		norm += want[i] * want[i]
	}
	if norm == 0 {
		return math.Sqrt(distance)
	}
	return math.Sqrt(distance / norm)
}

func normalProduct(rng *rand.Rand, out, in, k int, size float64) lowrank.Product {
	p := lowrank.Product{B: lowrank.NewMatrix(out, k), A: lowrank.NewMatrix(k, in)}
	for i := range p.B.Data {
		p.B.Data[i] = float32(size * rng.NormFloat64())
	}
	for i := range p.A.Data {
		p.A.Data[i] = float32(rng.NormFloat64())
	}
	return p
}

// back leads every M out of its bases again, at full rank.
func back(t *testing.T, ps []lowrank.Product) (all [][]float64, ms []lowrank.Matrix) {
	t.Helper()
	bases, ms, err := lowrank.Share(t.Context(), ps, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range ms {
		svd, rest, err := bases.Decompose(t.Context(), m, min(m.Rows, m.Cols), 1)
		if err != nil || rest != 0 {
			t.Fatalf("rest %v, %v", rest, err)
		}
		all = append(all, dense64(svd.Truncate(min(m.Rows, m.Cols))))
	}
	return all, ms
}

// TestShareIsLossless: U·Mₜ·Vᵀ is ΔWₜ, for mixed ranks, wide and tall, ranks that sum to
// more than a side, norms far apart, and dependent adapters.
func TestShareIsLossless(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	first := normalProduct(rng, 30, 40, 4, 1)
	negative := normalProduct(rng, 30, 40, 4, 1)
	copy(negative.A.Data, first.A.Data)
	for i, x := range first.B.Data {
		negative.B.Data[i] = -x
	}
	near := lowrank.Product{B: lowrank.NewMatrix(30, 4), A: first.A}
	for i, x := range first.B.Data {
		near.B.Data[i] = math.Float32frombits(math.Float32bits(x) &^ 0xffff) // as bfloat16 has it
	}
	zero := lowrank.Product{B: lowrank.NewMatrix(30, 4), A: first.A}
	sharedA := normalProduct(rng, 30, 40, 4, 3)
	copy(sharedA.A.Data, first.A.Data)
	for name, ps := range map[string][]lowrank.Product{
		"one":             {first},
		"mixed ranks":     {first, normalProduct(rng, 30, 40, 1, 1), normalProduct(rng, 30, 40, 9, 1)},
		"more than out":   {normalProduct(rng, 12, 40, 8, 1), normalProduct(rng, 12, 40, 9, 1)},
		"norms apart":     {first, normalProduct(rng, 30, 40, 4, 1e-4), normalProduct(rng, 30, 40, 4, 1e4)},
		"a copy":          {first, first},
		"its opposite":    {first, negative},
		"a rounded copy":  {first, near},
		"a zero adapter":  {first, zero},
		"zero alone":      {zero, zero},
		"one A for both":  {first, sharedA},
		"one row, column": {normalProduct(rng, 1, 1, 2, 1), normalProduct(rng, 1, 1, 2, 1)},
	} {
		t.Run(name, func(t *testing.T) {
			got, ms := back(t, ps)
			for i, p := range ps {
				if d := relativeDistance(got[i], dense64(p)); d > 1e-6 {
					t.Errorf("adapter %d comes back %.2g away, in bases of %d and %d", i, d, ms[i].Rows, ms[i].Cols)
				}
			}
		})
	}
}

// TestShareOfDependentAdapters: directions that are there already add none.
func TestShareOfDependentAdapters(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	first := normalProduct(rng, 30, 40, 4, 1)
	sharedA := normalProduct(rng, 30, 40, 4, 3)
	copy(sharedA.A.Data, first.A.Data)
	_, ms, err := lowrank.Share(t.Context(), []lowrank.Product{first, first, sharedA}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(ms[0].Rows, ms[0].Cols); got != "8 4" {
		t.Errorf("bases of %s; want 8 and 4", got)
	}
}

// TestShareDoesNotSeeTheSplit: B·4 with A/4, and an orthogonal mixing of the rank, give
// the same M. Spectra have gaps, since singular vectors of equal values are arbitrary.
func TestShareDoesNotSeeTheSplit(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 3))
	ps := []lowrank.Product{normalProduct(rng, 50, 60, 3, 1), normalProduct(rng, 50, 60, 4, 1)}
	split := []lowrank.Product{{B: lowrank.NewMatrix(50, 3), A: lowrank.NewMatrix(3, 60)}, {B: lowrank.NewMatrix(50, 4), A: lowrank.NewMatrix(4, 60)}}
	for i, x := range ps[0].B.Data {
		split[0].B.Data[i] = 4 * x
	}
	for i, x := range ps[0].A.Data {
		split[0].A.Data[i] = x / 4
	}
	for l := range 4 { // the rows in another order, with other signs
		to, sign := (l+1)%4, float32(1-2*(l%2))
		for j, x := range ps[1].A.Row(l) {
			split[1].A.Row(to)[j] = sign * x
		}
		for i := range 50 {
			split[1].B.Row(i)[to] = sign * ps[1].B.Row(i)[l]
		}
	}
	_, ms, err := lowrank.Share(t.Context(), ps, 1)
	if err != nil {
		t.Fatal(err)
	}
	_, again, err := lowrank.Share(t.Context(), split, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i := range ms {
		if d := relativeDistance(widened(again[i].Data), widened(ms[i].Data)); d > 1e-5 {
			t.Errorf("M of adapter %d moves by %.2g", i, d)
		}
	}
}

func widened(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

// TestShareRefusesWhatIsNotFinite names no bases for NaN and Inf.
func TestShareRefusesWhatIsNotFinite(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 4))
	for _, x := range []float64{math.NaN(), math.Inf(1)} {
		p := normalProduct(rng, 8, 9, 2, 1)
		p.A.Data[3] = float32(x)
		if _, _, err := lowrank.Share(t.Context(), []lowrank.Product{normalProduct(rng, 8, 9, 2, 1), p}, 1); err == nil {
			t.Errorf("%v is taken", x)
		}
	}
}

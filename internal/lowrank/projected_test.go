package lowrank

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
)

// TestProjected: against the projections multiplied out in float64. What is cut of a product
// keeps all its energy up to the rank, none beyond.
func TestProjected(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	p, q := randomProduct(rng, 30, 5, 20), randomProduct(rng, 30, 4, 20)
	svd, err := Decompose(context.Background(), p, 1)
	if err != nil {
		t.Fatal(err)
	}
	cut := svd.Truncate(2)
	energy := 0.0
	for _, s := range svd.S[:2] {
		energy += s * s
	}
	kept, own := Projected(context.Background(), cut, []Product{p, q})
	if math.Abs(kept[0]-energy) > 1e-5*energy {
		t.Errorf("of the product that was cut %v is left, want %v", kept[0], energy)
	}
	for i, p := range []Product{p, q} {
		if whole := Inner(p, p); math.Abs(own[i]-whole) > 1e-12*whole {
			t.Errorf("‖ΔW‖² is %v, want %v", own[i], whole)
		}
	}
	want := 0.0
	for i := range 2 {
		for j := range 2 {
			x, lengthU, lengthV := 0.0, 0.0, 0.0
			for r := range 30 {
				for c := range 20 {
					w := 0.0
					for k := range 4 {
						w += float64(q.B.Row(r)[k]) * float64(q.A.Row(k)[c])
					}
					x += float64(cut.B.Row(r)[i]) * w * float64(cut.A.Row(j)[c])
				}
				lengthU += float64(cut.B.Row(r)[i]) * float64(cut.B.Row(r)[i])
			}
			for c := range 20 {
				lengthV += float64(cut.A.Row(j)[c]) * float64(cut.A.Row(j)[c])
			}
			want += x * x / lengthU / lengthV
		}
	}
	if math.Abs(kept[1]-want) > 1e-6*want {
		t.Errorf("of another one %v is left, want %v", kept[1], want)
	}
}

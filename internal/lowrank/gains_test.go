package lowrank

import (
	"math"
	"testing"
)

// TestGains follows energies that come up to 100 of ‖w‖² = 1000 in known ways,
// and checks what is left to gain where the iteration would end: for a residual
// within 0.1 % that must be at most 0.2 % of 900.
func TestGains(t *testing.T) {
	for _, c := range []struct {
		name string
		left func(i int) float64
	}{
		{"geometric", func(i int) float64 { return 90 * math.Pow(0.7, float64(i)) }},
		{"slowly geometric", func(i int) float64 { return 90 * math.Pow(0.97, float64(i)) }},
		{"harmonic", func(i int) float64 { return 90 / float64(i+1) }},
		{"at once", func(i int) float64 { return 0 }},
		{"late", func(i int) float64 { return 90 / (1 + math.Pow(2, float64(i-12))) }},
	} {
		i := iterationsOf(func(i int) float64 { return 100 - c.left(i) })
		if left := c.left(i); left > 0.002*900 || i >= maxIterations {
			t.Errorf("%s: ends after %d iterations with %v left to gain", c.name, i, left)
		}
	}
}

// TestGainsEnd has gains that grow for ever.
func TestGainsEnd(t *testing.T) {
	if n := iterationsOf(func(i int) float64 { return math.Pow(1.05, float64(i)) }); n != maxIterations-1 {
		t.Errorf("growing gains end after iteration %d", n)
	}
}

// iterationsOf returns the number of the iteration, from 0, that ends a search.
func iterationsOf(energy func(i int) float64) int {
	var g gains
	for i := 0; ; i++ {
		if g.settled([]float64{math.Sqrt(energy(i))}, math.Sqrt(1000), 0x1p-53) {
			return i
		}
	}
}

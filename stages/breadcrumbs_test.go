package stages_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestBreadcrumbs against the definition: by magnitude, of n elements those from the k-th to
// the (k + ⌊density·n⌋)-th largest stay, k = ⌊gamma·n⌋ or what density leaves room for.
func TestBreadcrumbs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fill := rapid.SampledFrom([]func(uint64) func([]float32){coarse, sixteenths}).Draw(t, "fill")
		d := drawAdapters(t, 2, fill)
		density := rapid.SampledFrom([]float64{0, 0.3, 0.9, 1}).Draw(t, "density")
		gamma := rapid.SampledFrom([]float64{0, 0.05, 0.2, 1}).Draw(t, "gamma")
		out := play(t, d.flows, fmt.Sprintf("m: {breadcrumbs: %s, density: %v, gamma: %v}", d.list(), density, gamma))
		d.check(t, out, 0, func(_ place, xs [][]float64) [][]float64 {
			for i, x := range xs {
				n := len(x)
				kept := int(density * float64(n))
				largest := min(int(gamma*float64(n)), n-kept)
				magnitudes := append(mapped(x, math.Abs), math.Inf(1))
				slices.Sort(magnitudes)
				slices.Reverse(magnitudes) // from 1 on, the largest first
				xs[i] = mapped(x, func(v float64) float64 {
					size := math.Abs(v)
					if kept+largest == 0 || size < magnitudes[kept+largest] || largest > 0 && size >= magnitudes[largest] {
						return 0
					}
					return v
				})
			}
			return xs
		})
	})
}

package stages_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestSCE against the definition: of m elements of different values the ⌊density·m⌋ with the
// largest variance, weights of Σx², and only values that have the sign of the sum.
func TestSCE(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fill := rapid.SampledFrom([]func(uint64) func([]float32){coarse, sixteenths}).Draw(t, "fill")
		d := drawAdapters(t, rapid.IntRange(1, 4).Draw(t, "adapters"), fill)
		density := rapid.SampledFrom([]float64{0, 0.1, 0.5, 0.9, 1}).Draw(t, "density")
		out := play(t, d.flows, fmt.Sprintf("m: {sce: %s, density: %v}", d.list(), density))
		d.check(t, out, 1e-6, one(func(xs [][]float64) []float64 {
			if allButTied(xs) {
				t.Skip("only rounding, in the core space, decides what is selected or of which sign")
			}
			return denseSCE(xs, density)
		}))
	})
}

// allButTied reports whether variances differ from each other or from 0, or votes from 0, by no
// more than the rounding of the core space's elements.
func allButTied(xs [][]float64) bool {
	for i := range xs[0] {
		vote, most := 0.0, 0.0
		for _, x := range xs {
			vote, most = vote+x[i], max(most, math.Abs(x[i]))
		}
		if vote != 0 && math.Abs(vote) < 1e-5*most {
			return true
		}
	}
	size := 0.0
	for _, x := range xs {
		size += dot(x, x)
	}
	ordered := append(variancesOf(xs), 0)
	slices.Sort(ordered)
	for i, v := range ordered[1:] {
		if gap := v - ordered[i]; gap > 0 && gap < 1e-5*size {
			return true
		}
	}
	return false
}

// variancesOf are n²·variance = Σ over pairs of (xₛ − xₜ)², exact for values of few bits.
func variancesOf(xs [][]float64) []float64 {
	variances := make([]float64, len(xs[0]))
	for i := range variances {
		for s := range xs {
			for t := range s {
				variances[i] += (xs[s][i] - xs[t][i]) * (xs[s][i] - xs[t][i])
			}
		}
	}
	return variances
}

func denseSCE(xs [][]float64, density float64) []float64 {
	n, variances := len(xs[0]), variancesOf(xs)
	ordered := slices.DeleteFunc(slices.Clone(variances), func(v float64) bool { return v == 0 })
	slices.Sort(ordered)
	slices.Reverse(ordered)
	k := int(density * float64(len(ordered)))
	kept := func(i int) bool {
		return density == 1 || k > 0 && variances[i] >= ordered[k-1]
	}
	weights := make([]float64, len(xs))
	for t, x := range xs {
		for i, v := range x {
			if kept(i) {
				weights[t] += v * v
			}
		}
	}
	out := make([]float64, n)
	for i := range out {
		sum, divisor, sign := 0.0, 0.0, 0.0
		for _, x := range xs {
			sign += x[i]
		}
		for t, x := range xs {
			if kept(i) && x[i] != 0 && (x[i] > 0) == (sign >= 0) {
				sum += weights[t] * x[i]
				divisor += weights[t]
			}
		}
		if divisor > 0 {
			out[i] = sum / divisor
		}
	}
	return out
}

package stages_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/loramerge/loramerge/stages"
	"pgregory.net/rapid"
)

// averaged is Σwᵢxᵢ over Σwᵢ, over the number of xᵢ ≠ 0, or over the wᵢ whose
// xᵢ ≠ 0; where nothing is left, 0.
func averaged(xs [][]float64, weights []float64, over string) []float64 {
	out := combined(xs, weights...)
	for e := range out {
		divisor := 0.0
		for i, x := range xs {
			switch {
			case over == "all", over == "weights" && x[e] != 0:
				divisor += weights[i]
			case over == "agreeing" && x[e] != 0:
				divisor++
			}
		}
		if divisor == 0 {
			out[e] = 0
		} else {
			out[e] /= divisor
		}
	}
	return out
}

func TestAverage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawAdapters(t, rapid.IntRange(1, 5).Draw(t, "adapters"), coarse)
		over := rapid.SampledFrom([]string{"all", "agreeing", "weights"}).Draw(t, "over")
		weights, table := d.drawWeights(t, 0.25, 0.5, 1, 3, 0, -1)
		out := play(t, d.flows, fmt.Sprintf("m: {average: %s, over: %s, weights: %s}", d.list(), over, table))
		d.check(t, out, 1e-6, one(func(xs [][]float64) []float64 { return averaged(xs, weights, over) }))
	})
}

func TestSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawAdapters(t, rapid.IntRange(1, 5).Draw(t, "adapters"), coarse)
		weights, table := d.drawWeights(t, 0.25, 0.5, 1, 3, 0, -1)
		out := play(t, d.flows, fmt.Sprintf("m: {sum: %s, weights: %s}", d.list(), table))
		tolerance := 0.0 // such sums are exact
		if out.Space == stages.Core {
			tolerance = 1e-6 // but not of M
		}
		d.check(t, out, tolerance, one(func(xs [][]float64) []float64 { return combined(xs, weights...) }))
	})
}

// TestAverageTable: the three divisors, worked out by hand. A weight is not an
// element: what is 0 does not count, whatever its weight.
func TestAverageTable(t *testing.T) {
	inputs := map[string]flow{"a": flowOf("a", []float32{3, 0, 6, 0}), "b": flowOf("b", []float32{1, 2, -2, 0})}
	for over, want := range map[string][]float64{
		"all":      {2.5, 0.5, 4, 0},
		"agreeing": {5, 2, 8, 0},
		"weights":  {2.5, 2, 4, 0},
	} {
		out := play(t, inputs, "m: {average: [a, b], weights: {a: 3, b: 1}, over: "+over+"}")
		if got := float64s(out.at["m"][0].A.Data); !slices.Equal(got, want) {
			t.Errorf("over %s: %v, want %v", over, got, want)
		}
	}
}

// TestAverageOfNothing: weights that sum to 0 give 0, also where the sum of their
// decimals is not quite 0 in float64, and say so beforehand.
func TestAverageOfNothing(t *testing.T) {
	inputs := map[string]flow{"a": flowOf("a", []float32{1, 2}), "b": flowOf("b", []float32{3, -4}), "c": flowOf("c", []float32{5, 6})}
	for _, weights := range []string{"{a: 1, b: -1, c: 0}", "{a: 0.1, b: 0.2, c: -0.3}"} {
		for _, lines := range [][]string{
			{"m: {average: [a, b, c], weights: " + weights + "}"},
			{"d: {delta: [a, b, c]}", "m: {average: d, weights: " + weights + "}"},
		} {
			out := play(t, inputs, lines...)
			for _, x := range tensors(out.Space, out.at["m"][0])[0] {
				if x != 0 || math.IsNaN(x) {
					t.Errorf("%s: %v", lines, x)
				}
			}
		}
	}
}

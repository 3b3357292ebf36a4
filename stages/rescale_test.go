package stages_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"pgregory.net/rapid"
)

// rescaled is x·‖reference‖/‖x‖, or x where ‖x‖ ≤ 1e-6.
func rescaled(x []float64, reference float64) []float64 {
	if norm(x) <= 1e-6 {
		return x
	}
	return mapped(x, func(v float64) float64 { return v * reference / norm(x) })
}

// mean is the weighted mean of the adapters after the first.
func mean(xs [][]float64, weights []float64) []float64 {
	return averaged(xs[1:], weights[1:], "all")
}

func TestRescale(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawAdapters(t, 4, normal)
		weights, _ := d.drawWeights(t, 0.5, 1, 3)
		lines := []string{"r: {scale: [b, c, d]}", fmt.Sprintf("m: {rescale: a, like: r, weights: {b: %v, c: %v, d: %v}}", weights[1], weights[2], weights[3])}
		out := play(t, d.flows, lines...)
		d.check(t, out, 1e-5, one(func(xs [][]float64) []float64 { return rescaled(xs[0], norm(mean(xs, weights))) }))
	})
}

// TestRescaleScopeAdapter: one factor for all tensors, from the norms over all of them.
func TestRescaleScopeAdapter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawAdapters(t, 3, normal)
		out := play(t, d.flows, "r: {scale: [b, c]}", "m: {rescale: a, like: r, scope: adapter}")
		var own, reference float64
		for _, module := range out.Union() {
			for j := range tensors(out.Space, out.at[module][0]) {
				xs := d.at(module, j)
				middle := mean(xs, []float64{1, 1, 1})
				own, reference = own+dot(xs[0], xs[0]), reference+dot(middle, middle)
			}
		}
		factor := math.Sqrt(reference) / math.Sqrt(own)
		d.check(t, out, 1e-5, one(func(xs [][]float64) []float64 { return combined(xs, factor, 0, 0) }))
	})
}

func TestRescaleBy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawAdapters(t, 1, normal)
		by := rapid.Float64Range(0.01, 100).Draw(t, "by")
		out := play(t, d.flows, fmt.Sprintf("m: {rescale: a, by: %v}", by))
		d.check(t, out, 1e-6, one(func(xs [][]float64) []float64 { return combined(xs, by) }))
	})
}

// TestRescaleOfNothing: a tensor of a norm up to 1e-6 is left as it is, since its
// direction is noise; one a little longer is not.
func TestRescaleOfNothing(t *testing.T) {
	for size, want := range map[float32]float64{0: 0, 9e-7: float64(float32(9e-7)), 2e-6: 5} {
		for _, scope := range []string{"tensor", "adapter"} {
			a, b := flowOf("a", []float32{0, size}), flowOf("b", []float32{3, 4})
			inputs := brought(t, "product", map[string]flow{"a": a, "b": b})
			out := play(t, inputs, "m: {rescale: a, like: b, scope: "+scope+"}")
			if got := norm(tensors(out.Space, out.at["m"][0])[0]); math.Abs(got-want) > 1e-6*want {
				t.Errorf("scope %s: a tensor of norm %v has now %v, want %v", scope, size, got, want)
			}
		}
	}
}

// TestRescaleGaps: what an adapter of the reference lacks counts as zero if asked to.
func TestRescaleGaps(t *testing.T) {
	k := kindOf{shapes, 4, 2, adapter.F32, normal(1)}
	inputs := map[string]flow{"a": k.make("a"), "b": k.make("b"), "c": k.make("c").without(gap)}
	out := play(t, inputs, "r: {scale: [b, c]}", "m: {rescale: a, like: r, missing: zero}")
	half := norm(float64s(inputs["b"].at[gap][0].A.Data)) / 2
	if got := norm(float64s(out.at[gap][0].A.Data)); math.Abs(got-half) > 1e-5*half {
		t.Errorf("norm %v, want %v, that of (b + 0)/2", got, half)
	}
	_, err := newCourse(inputs, 1).play("r: {scale: [b, c]}", "m: {rescale: a, like: r}")
	wantFault(t, err, 8, `"c" lacks 1 module that`, "missing: zero")
}

func TestRescaleRefused(t *testing.T) {
	k := kindOf{shapes, 4, 2, adapter.F32, normal(1)}
	inputs := map[string]flow{"a": k.make("a"), "b": k.make("b"), "c": k.make("c").without(gap)}
	k.scale = 3
	inputs["d"] = k.make("d")
	for _, c := range []struct{ lines, text, remedy string }{
		{"m: {rescale: a}", "needs either", "by: number"},
		{"m: {rescale: a, like: b, by: 2}", "needs either", "like: stage"},
		{"m: {rescale: [a, b], by: 2}", "works on one adapter, and 2", "stage.adapter"},
		{"m: {rescale: a, like: c}", "has no module \"layers.1.q_proj\"", "has all modules"},
		{"x: {delta: b}; m: {rescale: a, like: x}", "in the space delta", "factor"},
		{"r: {scale: [b, d]}; m: {rescale: a, like: r}", `"d" has scale 3`, "{scale: r, alpha: fold}"},
		{"r: {scale: [a, b]}; m: {rescale: c, like: r, weights: {a: 1, x: 2}}", `no adapter called "x"`, "a"},
	} {
		lines := strings.Split(c.lines, "; ")
		_, err := newCourse(inputs, 1).play(lines...)
		wantFault(t, err, 7+len(lines), c.text, c.remedy)
	}
}

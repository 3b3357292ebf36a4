package stages_test

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// TestWeigh: after it all adapters have the mean of their norms, from dense deltas in
// float64, and do nothing else; one of next to nothing stays as it is, and is no part of the mean.
func TestWeigh(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawAdapters(t, 3, normal)
		by := []float64{1, rapid.SampledFrom([]float64{0, 1e-20, 0.01, -3}).Draw(t, "by"), 7}
		norms, sum, count := make([]float64, 3), 0.0, 0.0
		for i, name := range d.names {
			norms[i] = math.Abs(by[i]) * sizeOf(d.flows[name], 0)
			if norms[i] > 1e-6 {
				sum, count = sum+norms[i], count+1
			}
		}
		out := play(t, d.flows, fmt.Sprintf("s: {scale: %s, by: {a: 1, b: %v, c: 7}}", d.list(), by[1]), "m: {weigh: s}")
		for i, name := range d.names {
			factor := by[i]
			if norms[i] > 1e-6 {
				factor = by[i] * sum / count / norms[i]
			}
			for _, module := range out.Union() {
				lost := combined([][]float64{effect(out, i, module), effect(d.flows[name], 0, module)}, 1, -factor)
				if off := math.Sqrt(dot(lost, lost)); off > 1e-5*sum/count {
					t.Errorf("%s at %s is off by %v", name, module, off)
				}
			}
		}
	})
}

// sizeOf is ‖ΔW‖ of one adapter over all modules.
func sizeOf(f flow, adapter int) float64 {
	sum := 0.0
	for _, module := range f.Union() {
		x := effect(f, adapter, module)
		sum += dot(x, x)
	}
	return math.Sqrt(sum)
}

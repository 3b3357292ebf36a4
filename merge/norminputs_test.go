package merge_test

import (
	"math"
	"testing"

	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/merge/run"
)

// TestNormInputs: what is saved has the norm that `norm: inputs` promises, whether that of
// the merge before is measured or follows from the adapters': for linear merges or others, of
// deltas made before or by the shorthand, of adapters picked one by one and in another order,
// and where what is compared with is not what was merged.
func TestNormInputs(t *testing.T) {
	even := map[string]float64{"a": 1, "b": 1, "c": 1}
	uneven := map[string]float64{"a": 0.5, "b": -0.3, "c": 2}
	const table = "norm: inputs, weights: {a: 0.5, b: -0.3, c: 2}"
	for name, c := range map[string]struct {
		weights map[string]float64
		lines   []string
	}{
		"sum":           {uneven, []string{"d: {delta: [a, b, c]}", "m: {sum: d, " + table + "}", "f: {factor: m, rank: 12}"}},
		"sum in core":   {uneven, []string{"d: {core: [a, b, c]}", "m: {sum: d, " + table + "}", "f: {factor: m, rank: 12}"}},
		"average":       {uneven, []string{"d: {delta: [a, b, c]}", "m: {average: d, " + table + "}", "f: {factor: m, rank: 12}"}},
		"shorthand":     {uneven, []string{"f: {linear: [a, b, c], space: delta, rank: 12, " + table + "}"}},
		"one by one":    {uneven, []string{"d: {delta: [a, b, c]}", "m: {sum: [d.c, d.a, d.b], " + table + "}", "f: {factor: m, rank: 12}"}},
		"scaled before": {even, []string{"d: {delta: [a, b, c]}", "s: {scale: d, by: 3}", "m: {sum: s}", "n: {rescale: m, like: [a, b, c], norm: mean-of-norms, scope: adapter, interference: 0.4}", "f: {factor: n, rank: 12}"}},
		"ties":          {even, []string{"f: {ties: [a, b, c], density: 0.5, space: core, rank: 12, norm: inputs}"}},
		"karcher":       {even, []string{"d: {delta: [a, b, c]}", "m: {karcher: d, norm: inputs}", "f: {factor: m, rank: 12}"}},
	} {
		t.Run(name, func(t *testing.T) {
			inputs := map[string]folder{"a": plain(4, 6, safetensors.F32), "b": plain(4, 6, safetensors.F32), "c": plain(4, 6, safetensors.F32)}
			path := work(t, inputs, append(c.lines, "o: {save: f, to: out, dtype: float32}")...)
			if _, err := runWith(t, path, run.Options{}); err != nil {
				t.Fatal(err)
			}
			_, want := byInputs(t, path, c.weights)
			if got := wholeNorm(effects(t, saved(t, path))); !(math.Abs(got-want) <= 1e-6*want) {
				t.Errorf("the norm is %v, want %v", got, want)
			}
		})
	}
}

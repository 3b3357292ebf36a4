package stages_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"pgregory.net/rapid"
)

// TestWeightsOnDelta: with one adapter, sign(w·s)·√|w·s| on A and √|w·s| on B make
// w·s·B·A of a scale of 1; with several, each tensor is the sum of its own
// (PEFT, tuners/lora/model.py, _generalized_task_arithmetic_weighted_adapter).
func TestWeightsOnDelta(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights, scales := []float64{}, []float64{}
		inputs := make(map[string]flow)
		for i, name := range []string{"a", "b"} {
			weights = append(weights, rapid.SampledFrom([]float64{0.3, 1, 2, -0.7, 0}).Draw(t, "weight of "+name))
			scales = append(scales, rapid.SampledFrom([]float64{0.5, 1, 2, -4}).Draw(t, "scale of "+name))
			inputs[name] = kindOf{shapes, 3, scales[i], adapter.F32, normal(rapid.Uint64().Draw(t, "seed"))}.make(name)
		}
		out := play(t, inputs, fmt.Sprintf("m: {sum: [a, b], weights-on: delta, weights: {a: %v, b: %v}}", weights[0], weights[1]))
		for _, s := range shapes {
			if m, _ := out.Members[0].Find(s.name); m.Scale != 1 || m.Alpha != 3 {
				t.Errorf("%s: scale %v and alpha %v; the scales are in the weights now", s.name, m.Scale, m.Alpha)
			}
			var onA, onB []float64
			for i, w := range weights {
				root := math.Sqrt(math.Abs(w * scales[i]))
				onA, onB = append(onA, math.Copysign(root, w*scales[i])), append(onB, root)
			}
			a, b := inputs["a"].at[s.name][0], inputs["b"].at[s.name][0]
			got := out.at[s.name][0]
			if e := far(float64s(got.A.Data), combined([][]float64{float64s(a.A.Data), float64s(b.A.Data)}, onA...)); e > 1e-6 {
				t.Errorf("A of %s is off by %g", s.name, e)
			}
			if e := far(float64s(got.B.Data), combined([][]float64{float64s(a.B.Data), float64s(b.B.Data)}, onB...)); e > 1e-6 {
				t.Errorf("B of %s is off by %g", s.name, e)
			}
		}
	})
}

// TestWeightsOnAlone: of one adapter the effect is w·s·B·A.
func TestWeightsOnAlone(t *testing.T) {
	in := kindOf{shapes, 3, 2, adapter.F32, normal(1)}.make("a")
	out := play(t, map[string]flow{"a": in}, "m: {sum: a, weights-on: delta, weights: -0.7}")
	for _, s := range shapes {
		want := multiply(in.at[s.name][0].B, in.at[s.name][0].A)
		if e := far(multiply(out.at[s.name][0].B, out.at[s.name][0].A), mapped(want, func(x float64) float64 { return -1.4 * x })); e > 1e-6 {
			t.Errorf("ΔW of %s is off by %g", s.name, e)
		}
	}
}

func TestWeightsOnRefused(t *testing.T) {
	inputs := map[string]flow{"a": flowOf("a", []float32{1})}
	_, err := newCourse(inputs, 1).play("d: {delta: a}", "m: {sum: d, weights-on: delta}")
	wantFault(t, err, 6, "a delta is one tensor", "remove it")
}

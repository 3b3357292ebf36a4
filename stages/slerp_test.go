package stages_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"pgregory.net/rapid"
)

func TestSlerp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 6).Draw(t, "adapters")
		d := drawAdapters(t, n, normal)
		weights, table := d.drawWeights(t, 0.25, 0.5, 1, 3)
		var params string
		define := func(xs [][]float64) []float64 { return cascade(xs, weights) }
		switch rapid.SampledFrom([]string{"weights", "tree", "ts", "default"}).Draw(t, "way") {
		case "weights":
			params = "weights: " + table
		case "tree":
			params = "order: tree, weights: " + table
			define = func(xs [][]float64) []float64 { x, _ := joined(xs, weights); return x }
		case "ts":
			var ts []string
			steps := make([]float64, n-1)
			for i := range steps {
				steps[i] = rapid.Float64Range(0, 1).Draw(t, "t")
				ts = append(ts, fmt.Sprint(steps[i]))
			}
			params = "t: [" + strings.Join(ts, ", ") + "]"
			define = func(xs [][]float64) []float64 {
				at := xs[0]
				for i, x := range xs[1:] {
					at = arc(at, x, steps[i])
				}
				return at
			}
		default: // equal weights
			params = "order: given"
			define = func(xs [][]float64) []float64 { return cascade(xs, []float64{1, 1, 1, 1, 1, 1}) }
		}
		out := play(t, d.flows, fmt.Sprintf("m: {slerp: %s, %s}", d.list(), params))
		d.check(t, out, 1e-5, one(define))
	})
}

// TestSlerpRows: with scope: row every row has an angle of its own, zero rows included.
func TestSlerpRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawAdapters(t, rapid.IntRange(2, 4).Draw(t, "adapters"), coarse)
		weights, table := d.drawWeights(t, 0.5, 1, 3)
		line := fmt.Sprintf("m: {slerp: %s, scope: row, weights: %s}", d.list(), table)
		if d.refusesRows(t, line) {
			return
		}
		out := play(t, d.flows, line)
		d.checkRows(t, out, func(xs [][]float64) []float64 { return cascade(xs, weights) })
	})
}

// TestSlerpTable: at 0 and 1 the ends, bit for bit; in the middle of two equal lengths
// at a right angle √½ of each; of nearly parallel, of nearly opposite and with a zero
// vector the straight line.
func TestSlerpTable(t *testing.T) {
	for _, c := range []struct {
		x, y []float32
		t    float64
		want []float64
	}{
		{[]float32{1, 2, 3}, []float32{-2, 0, 1}, 0, []float64{1, 2, 3}},
		{[]float32{1, 2, 3}, []float32{-2, 0, 1}, 1, []float64{-2, 0, 1}},
		{[]float32{1, 0}, []float32{0, 1}, 0.5, []float64{0.7071067811865476, 0.7071067811865476}},
		{[]float32{2, 0}, []float32{0, 4}, 0.5, []float64{1.4142135623730951, 2.8284271247461903}},
		{[]float32{1, 0}, []float32{0, 1}, 1. / 3, []float64{0.8660254037844387, 0.5}},
		{[]float32{1, 0}, []float32{3, 0.0001}, 0.5, []float64{2, 0.00005}},
		{[]float32{1, 0}, []float32{-1, 0.00005}, 0.25, []float64{0.5, 0.0000125}},
		{[]float32{1, 0}, []float32{-1, 0}, 0.5, []float64{0, 0}},
		{[]float32{0, 0}, []float32{4, 8}, 0.25, []float64{1, 2}},
		{[]float32{0, 0}, []float32{0, 0}, 0.25, []float64{0, 0}},
		{[]float32{0, 3}, []float32{float32(math.Copysign(0, -1)), -3}, 0.5, []float64{0, 0}},
		{[]float32{3, -4}, []float32{3, -4}, 0.3, []float64{3, -4}},
		{[]float32{1e-30, 0}, []float32{0, 1e-30}, 0.5, []float64{7.071067811865476e-31, 7.071067811865476e-31}},
		{[]float32{1e18, 0}, []float32{0, 1e18}, 0.5, []float64{7.071067811865476e17, 7.071067811865476e17}},
	} {
		for _, held := range ways {
			inputs := brought(t, held, map[string]flow{"x": flowOf("x", c.x), "y": flowOf("y", c.y)})
			out := play(t, inputs, fmt.Sprintf("m: {slerp: [x, y], t: %v}", c.t))
			if got := effect(out, 0, "m"); !(far(got, c.want) <= 1e-6) {
				t.Errorf("%s: %v of the way from %v to %v is %v, want %v", held, c.t, c.x, c.y, got, c.want)
			}
		}
	}
}

// TestSlerpLikeMergekit goes straight where the cosine is above 0.9995, and the
// article's slerp does not: cos(atan(0.03)) = 0.99955.
func TestSlerpLikeMergekit(t *testing.T) {
	inputs := map[string]flow{"x": flowOf("x", []float32{1, 0}), "y": flowOf("y", []float32{1, 0.03})}
	x, y := []float64{1, 0}, []float64{1, float64(float32(0.03))}
	for like, want := range map[string][]float64{"mergekit": combined([][]float64{x, y}, 0.9, 0.1), "article": arc(x, y, 0.1)} {
		out := play(t, inputs, "m: {slerp: [x, y], t: 0.1, like: "+like+"}")
		if e := far(tensors(out.Space, out.at["m"][0])[0], want); e > 1e-7 {
			t.Errorf("like %s: off by %g", like, e)
		}
	}
}

// TestSlerpGradient: over the layers of a model t runs from its first value to its last.
func TestSlerpGradient(t *testing.T) {
	k := kindOf{[]shape{{"h.0.x", adapter.Linear, 1, 4}, {"h.1.x", adapter.Linear, 1, 4}, {"h.4.x", adapter.Linear, 1, 4}}, 1, 1, adapter.F32, normal(5)}
	x, y := k.make("x"), k.make("y")
	out := play(t, map[string]flow{"x": x, "y": y}, "m: {slerp: [x, y], t: {layers: [0, 1]}}")
	for module, want := range map[string]float64{"h.0.x": 0, "h.1.x": 0.25, "h.4.x": 1} {
		a, b := float64s(x.at[module][0].A.Data), float64s(y.at[module][0].A.Data)
		if e := far(float64s(out.at[module][0].A.Data), arc(a, b, want)); e > 1e-6 {
			t.Errorf("%s is not at %v: off by %g", module, want, e)
		}
	}
}

func TestSlerpRefused(t *testing.T) {
	inputs := map[string]flow{"a": flowOf("a", []float32{1}), "b": flowOf("b", []float32{1}), "c": flowOf("c", []float32{2})}
	for _, c := range []struct{ line, text, remedy string }{
		{"m: {slerp: [a, b, c], t: 0.5}", "3 inputs need 2 steps, not 1", "give `weights`"},
		{"m: {slerp: [a, b], t: 0.5, weights: 1}", "both say how far", "remove one"},
		{"m: {slerp: [a, b, c], t: [0.5, 0.5], order: tree}", "steps of a tree", "use `weights`"},
		{"m: {slerp: [a, b], weights: {a: 2, b: -1}}", "name no point between", "let none be negative"},
		{"m: {slerp: [a, b], weights: 0}", "name no point between", "one be above 0"},
		{"m: {slerp: [a, b], order: tree, weights: 0}", "name no point between", "one be above 0"},
		{"m: {karcher: [a, b], weights: {a: 2, b: -1}}", "name no point between", "let none be negative"},
		{"m: {karcher: [a, b, c], weights: 0}", "name no point between", "one be above 0"},
		{"m: {slerp: [a, b], t: {a: 0.5, default: 0.2}}", "the same for all adapters", "one number"},
		{"m: {slerp: [a, b], straight: {a: 0.5, default: 0.2}}", "the same for all adapters", "one number"},
		{"m: {slerp: [a, b], straight: {modules: {nope: 0.5}}}", "matches no module", "m"},
	} {
		_, err := newCourse(inputs, 1).play(c.line)
		wantFault(t, err, 7, c.text, c.remedy)
	}
}

// TestWeightsOfZero: of adapters of which all but one have the weight 0, a spherical mean
// is that one, wherever it stands among the inputs.
func TestWeightsOfZero(t *testing.T) {
	inputs := map[string]flow{"x": flowOf("x", []float32{1, 0}), "y": flowOf("y", []float32{0, 3}), "z": flowOf("z", []float32{-2, 2})}
	for _, stage := range []string{"slerp: [x, y, z]", "slerp: [x, y, z], order: tree", "karcher: [x, y, z]", "slerp: [x, y, z], scope: row"} {
		for only, input := range inputs {
			out := play(t, inputs, fmt.Sprintf("m: {%s, weights: {%s: 0.5, default: 0}}", stage, only))
			want := tensors(out.Space, input.at["m"][0])[0]
			if e := far(tensors(out.Space, out.at["m"][0])[0], want); e > 1e-6 {
				t.Errorf("%s: the one with a weight is %s, and the mean is off by %g", stage, only, e)
			}
		}
	}
}

// TestSlerpThroughNothing: a cascade whose first step cancels to nothing but rounding
// goes on in a straight line, as from a zero vector. 2·⅓ − 1·⅔ is 0 but for 2⁻⁵³.
func TestSlerpThroughNothing(t *testing.T) {
	x, y, z := []float32{2, 4, 6}, []float32{-1, -2, -3}, []float32{5, -7, 2}
	for _, held := range ways {
		inputs := brought(t, held, map[string]flow{"x": flowOf("x", x), "y": flowOf("y", y), "z": flowOf("z", z)})
		out := play(t, inputs, "m: {slerp: [x, y, z], weights: {x: 0.5, y: 1, z: 0.5}}")
		want := mapped(float64s(z), func(v float64) float64 { return v / 4 })
		if got := effect(out, 0, "m"); !(far(got, want) <= 1e-6) {
			t.Errorf("%s: %v, want %v", held, got, want)
		}
	}
}

package stages_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"pgregory.net/rapid"
)

// TestNormInputs: `norm: inputs` multiplies what a verb gives by one factor, the rule's for
// the adapters that the verb names, their weights and κ = 0.4, whatever the space.
func TestNormInputs(t *testing.T) {
	const weights = "weights: {a: 0.75, b: 0.25, c: 2}"
	given := func(i int, _ string) float64 { return []float64{0.75, 0.25, 2}[i] }
	plain := func(int, string) float64 { return 1 }
	third := func(int, string) float64 { return 1. / 3 }
	for _, c := range []struct {
		line   string
		weight func(int, string) float64
		ways   []string
	}{
		{"sum: [a, b, c]", plain, ways},
		{"sum: [a, b, c], " + weights, given, ways},
		{"average: [a, b, c], " + weights, given, ways},
		{"average: [a, b, c], over: agreeing", plain, ways},
		{"average: [a, b, c], weights: {default: 1, modules: {\"*.q_proj\": {a: 0.5, default: 2}}}", func(i int, module string) float64 {
			switch {
			case !strings.HasSuffix(module, ".q_proj"):
				return 1
			case i == 0:
				return 0.5
			}
			return 2
		}, ways},
		{"slerp: [a, b, c]", third, ways},
		{"slerp: [a, b, c], t: [0.5, 0.2]", func(i int, _ string) float64 { return []float64{0.4, 0.4, 0.2}[i] }, ways},
		{"slerp: [a, b, c], t: [{layers: [0, 1]}, 0.5], like: mergekit", func(i int, module string) float64 {
			at := float64(module[len("layers.")]-'0') / 2
			return []float64{(1 - at) / 2, at / 2, 0.5}[i]
		}, ways},
		{"karcher: [a, b, c], " + weights, given, ways},
		{"concat: [a, b, c], " + weights, given, ways[:1]},
		{"linear: [a, b, c], " + weights, given, ways},
		{"linear: [a, b, c], like: peft, " + weights, given, ways[:1]},
		{"linear: [a, b, c], space: delta, rank: 12, " + weights, given, ways[:1]},
		{"ties: [a, b, c], density: 0.5, " + weights, given, ways},
		{"ties: [a, b, c], density: 0.5, like: ties-paper", plain, ways},
		{"dare: [a, b, c], density: 0.5", plain, ways},
		{"dare: [a, b, c], like: article", plain, ways},
		{"dare-ties: [a, b, c], density: 0.5, " + weights, given, ways},
		{"svd: [a, b, c], rank: 12, " + weights, given, ways[:1]},
		{"tsv: [a, b, c]", plain, []string{"core"}},
		{"regress: [a, b, c]", plain, []string{"core"}},
	} {
		for _, held := range c.ways {
			inputs := make(map[string]flow)
			var s sized
			for i, name := range []string{"a", "b", "c"} {
				inputs[name] = kindOf{shapes, 4, 0.3, adapter.F32, normal(uint64(40 + i))}.make(name)
			}
			inputs = brought(t, held, inputs)
			for _, name := range []string{"a", "b", "c"} {
				s.effects = append(s.effects, effectsOf(inputs[name]))
			}
			s.weight = c.weight
			before := effectsOf(play(t, inputs, "m: {"+c.line+"}"))
			factor := s.factor(before, slices.Sorted(maps.Keys(before)), 0.4)
			t.Run(held+" "+c.line, func(t *testing.T) {
				out := play(t, inputs, "m: {"+c.line+", norm: inputs}")
				wantScaled(t, out, before, func(string) float64 { return factor })
				if !slices.Equal(out.Names(), []string{"m"}) {
					t.Errorf("it makes %q", out.Names())
				}
			})
		}
	}
}

// TestNormInputsCut: the norm is set before the cut, and what the cut takes is not given back.
func TestNormInputsCut(t *testing.T) {
	inputs := map[string]flow{}
	s := sized{weight: func(int, string) float64 { return 1 }}
	for i, name := range []string{"a", "b"} {
		inputs[name] = kindOf{shapes, 4, 1, adapter.F32, normal(uint64(i))}.make(name)
		s.effects = append(s.effects, effectsOf(inputs[name]))
	}
	whole := effectsOf(play(t, inputs, "m: {concat: [a, b]}"))
	factor := s.factor(whole, slices.Sorted(maps.Keys(whole)), 0.4)
	cut := effectsOf(play(t, inputs, "m: {svd: [a, b], rank: 3}"))
	wantScaled(t, play(t, inputs, "m: {svd: [a, b], rank: 3, norm: inputs}"), cut, func(string) float64 { return factor })
}

// TestNormInputsProperties: of one adapter, of identical and of opposite ones, of others'
// order and of everybody's scale.
func TestNormInputsProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawMixed(t, 3)
		held := rapid.SampledFrom(ways).Draw(t, "held")
		d.flows = brought(t, held, d.flows)
		a := d.flows["a"]
		inputs := map[string]flow{"a": a, "same": renamed(a, "same"), "opposite": renamed(play(t, d.flows, "opposite: {scale: a, by: -1}"), "opposite"),
			"zero": renamed(play(t, d.flows, "zero: {scale: a, by: 0}"), "zero")}
		wants := func(what, line string, factor float64) {
			t.Helper()
			got := play(t, inputs, "m: {"+line+", norm: inputs}")
			for module, before := range effectsOf(a) {
				if e := far(effect(got, 0, module), combined([][]float64{before}, factor)); !(e <= 1e-6) {
					t.Errorf("%s: off by %g at %s", what, e, module)
				}
			}
		}
		wants("identical", "sum: [a, same]", 1)
		wants("identical, weighted", "sum: [a, same], weights: {a: 0.3, same: 1.7}", 1)
		wants("one at half", "sum: [a], weights: 0.5", 1)
		if held != "factors" { // where A and B are both turned around
			wants("one turned around", "sum: [a], weights: -3", -1)
		}
		wants("with one that is zero", "sum: [a, zero]", 1)
		wants("opposite", "sum: [a, opposite]", 0)
		wants("only zeros", "sum: [zero]", 0)
		one := play(t, inputs, "m: {sum: a, norm: inputs}")
		if !slices.Equal(fingerprint(renamed(one, "a")), fingerprint(renamed(play(t, inputs, "m: {sum: a}"), "a"))) {
			t.Error("one adapter at weight 1 has other bits")
		}
	})
}

// TestNormInputsIsEven: the order of the inputs means nothing, and adapters that are k
// times as large make a result that is k times as large.
func TestNormInputsIsEven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawMixed(t, 3)
		d.flows = brought(t, "product", d.flows)
		base := effectsOf(play(t, d.flows, "m: {sum: [a, b, c], norm: inputs}"))
		k := rapid.SampledFrom([]float64{1e-4, 0.5, 300}).Draw(t, "k")
		for what, lines := range map[string][]string{
			"order":          {"m: {sum: [c, a, b], norm: inputs}"},
			"scale":          {fmt.Sprintf("l: {scale: [a, b, c], by: %v}", k), "m: {sum: l, norm: inputs}"},
			"weights' scale": {fmt.Sprintf("m: {sum: [a, b, c], weights: %v, norm: inputs}", k)},
		} {
			factor := 1.0
			if what == "scale" {
				factor = k
			}
			got := play(t, d.flows, lines...)
			for module, before := range base {
				if e := far(effect(got, 0, module), combined([][]float64{before}, factor)); !(e <= 2e-6) {
					t.Errorf("%s: off by %g at %s", what, e, module)
				}
			}
		}
	})
}

// TestNormInputsBound: however adapters cancel each other, a sum is never more than 1/κ
// times its weighted mean: noise is not blown up.
func TestNormInputsBound(t *testing.T) {
	a := kindOf{shapes, 4, 1, adapter.F32, normal(1)}.make("a")
	for _, apart := range []float64{0, 1e-9, 1e-7, 1e-5, 1e-3, 0.1, 1} {
		noise := kindOf{shapes, 4, 1, adapter.F32, normal(2)}.make("noise")
		inputs := map[string]flow{"a": a, "noise": noise}
		lines := []string{fmt.Sprintf("b: {concat: [a, noise], weights: {a: -1, noise: %v}}", apart), "d: {delta: [a, b]}"}
		sum, got := effectsOf(play(t, inputs, append(lines, "m: {sum: d}")...)), effectsOf(play(t, inputs, append(lines, "m: {sum: d, norm: inputs}")...))
		for module := range sum {
			if mean := norm(sum[module]) / 2; norm(got[module]) > 1.01/0.4*mean+1e-12 {
				t.Errorf("%v apart, %s: ‖ΔW‖ is %v, and the mean's %v", apart, module, norm(got[module]), mean)
			}
		}
	}
}

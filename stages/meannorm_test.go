package stages_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"pgregory.net/rapid"
)

// sized are adapters, what each weighs at every module, and the x to be rescaled, as ΔW in
// float64 by module. A module that an adapter lacks is not in its map.
type sized struct {
	effects []map[string][]float64
	weight  func(adapter int, module string) float64
}

// factor is the rule, from dense deltas: with nᵢ = ‖ΔWᵢ‖ and aᵢ = ‖wᵢΔWᵢ‖ over the modules
// given, R = Σaᵢ/Σ(aᵢ/nᵢ), T = max(1, (Σaᵢ)²/‖ΣwᵢΔWᵢ‖²) and c = min(1, √T/(1+κ(T−1))), the
// factor of x is R·c/‖x‖.
func (s sized) factor(x map[string][]float64, modules []string, kappa float64) float64 {
	var sum, shares, own, total float64
	for i, effect := range s.effects {
		var plain, weighted float64
		for _, module := range modules {
			if w, d := s.weight(i, module), effect[module]; d != nil {
				plain, weighted = plain+dot(d, d), weighted+w*w*dot(d, d)
			}
		}
		if weighted > 0 {
			sum, shares = sum+math.Sqrt(weighted), shares+math.Sqrt(weighted/plain)
		}
	}
	for _, module := range modules {
		y := make([]float64, len(x[module]))
		for i, effect := range s.effects {
			for j, d := range effect[module] {
				y[j] += s.weight(i, module) * d
			}
		}
		own, total = own+dot(x[module], x[module]), total+dot(y, y)
	}
	if sum == 0 || own == 0 {
		return 1
	}
	c := 1.0
	if t := max(1, sum*sum/total); kappa > 0 && math.IsInf(t, 1) {
		c = 0
	} else if kappa > 0 {
		c = min(1, math.Sqrt(t)/(1+kappa*(t-1)))
	}
	return sum / shares * c / math.Sqrt(own)
}

// effectsOf are the deltas of one adapter by module.
func effectsOf(f flow) map[string][]float64 {
	out := make(map[string][]float64)
	for _, m := range f.Members[0].Modules {
		if m.Form != adapter.Whole {
			out[m.Name] = effect(f, 0, m.Name)
		}
	}
	return out
}

// drawSized draws adapters of ranks and scales of their own, of which the last lacks a
// module or is zero now and then, held in a space of their own.
func drawSized(t *rapid.T, n int) drawn {
	d := drawMixed(t, n)
	last := d.names[n-1]
	switch rapid.SampledFrom([]string{"whole", "gap", "zero"}).Draw(t, "last") {
	case "gap":
		d.flows[last] = d.flows[last].without(gap)
	case "zero":
		d.flows[last] = kindOf{shapes, 3, 1, adapter.F32, zeros}.make(last)
	}
	held := rapid.SampledFrom(ways).Draw(t, "held")
	d.flows = brought(t, held, d.flows)
	return d
}

func (d drawn) effects() (all []map[string][]float64) {
	for _, name := range d.names {
		all = append(all, effectsOf(d.flows[name]))
	}
	return all
}

// drawTable draws weights that are one number, differ by adapter, by module, or by depth.
func (d drawn) drawTable(t *rapid.T) (text string, weight func(int, string) float64) {
	number := func(label string) float64 {
		return rapid.SampledFrom([]float64{1, 0.5, 2.5, -1, 0, 0.3}).Draw(t, label)
	}
	switch rapid.SampledFrom([]string{"one", "adapters", "modules", "layers"}).Draw(t, "weights") {
	case "one":
		w := number("w")
		return fmt.Sprint(w), func(int, string) float64 { return w }
	case "modules":
		w, other := number("w"), number("other")
		return fmt.Sprintf("{default: %v, modules: {%q: %v}}", other, "*.q_proj", w), func(_ int, module string) float64 {
			if strings.HasSuffix(module, ".q_proj") {
				return w
			}
			return other
		}
	case "layers": // the layers are 0, 1 and 2
		w, other := number("w"), number("other")
		return fmt.Sprintf("{a: {layers: [%v, %v]}, default: 1}", w, other), func(i int, module string) float64 {
			at := float64(module[len("layers.")]-'0') / 2
			if i > 0 {
				return 1
			}
			return (1-at)*w + at*other
		}
	}
	weights, table := d.drawWeights(t, 0.5, 1, 3, -2, 0)
	return table, func(i int, _ string) float64 { return weights[i] }
}

// wantScaled wants factor·x, by module.
func wantScaled(t rapid.TB, got flow, x map[string][]float64, factor func(module string) float64) {
	t.Helper()
	for module, before := range x {
		want := combined([][]float64{before}, factor(module))
		if e := far(effect(got, 0, module), want); !(e <= 1e-6) {
			t.Errorf("%s: off by %g: ‖ΔW‖ %v, want %v", module, e, norm(effect(got, 0, module)), norm(want))
		}
	}
}

// TestMeanOfNorms: the rule, in every space of what is rescaled and of what it is like.
func TestMeanOfNorms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawSized(t, rapid.IntRange(1, 4).Draw(t, "adapters"))
		x := kindOf{shapes, rapid.IntRange(1, 5).Draw(t, "rank"), rapid.SampledFrom([]float64{0.7, -2}).Draw(t, "scale"), adapter.F32, normal(rapid.Uint64().Draw(t, "x"))}.make("x")
		x = brought(t, rapid.SampledFrom(ways).Draw(t, "x held"), map[string]flow{"x": x})["x"]
		inputs := maps.Clone(d.flows)
		inputs["x"] = x
		table, weight := d.drawTable(t)
		kappa := rapid.SampledFrom([]float64{0, 0.4, 1}).Draw(t, "interference")
		scope := rapid.SampledFrom([]string{"tensor", "adapter"}).Draw(t, "scope")
		line := fmt.Sprintf("m: {rescale: x, like: %s, norm: mean-of-norms, scope: %s, weights: %s", d.list(), scope, table)
		if kappa > 0 {
			line += fmt.Sprintf(", interference: %v", kappa)
		}
		s, before := sized{d.effects(), weight}, effectsOf(x)
		all := slices.Sorted(maps.Keys(before))
		if scope == "tensor" && len(d.names) == 1 && s.effects[0][gap] == nil {
			return // refused: nobody has the module
		}
		wantScaled(t, play(t, inputs, line+"}"), before, func(module string) float64 {
			if scope == "tensor" {
				return s.factor(before, []string{module}, kappa)
			}
			return s.factor(before, all, kappa)
		})
	})
}

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

// TestMeanOfNormsHeads: heads have no norm, and pass.
func TestMeanOfNormsHeads(t *testing.T) {
	a := withHead(kindOf{shapes, 4, 1, adapter.F32, normal(1)}.make("a"), adapter.F32)
	b := withHead(kindOf{shapes, 4, 1, adapter.F32, normal(2)}.make("b"), adapter.F32)
	b.at["score.weight"][0].W.Data = []float32{3, 2, 1, -4}
	for _, line := range []string{"m: {average: [a, b], norm: inputs}", "m: {slerp: [a, b], t: 0.5, norm: inputs}", "m: {sum: [a, b], weights: 0.5, norm: inputs}"} {
		out := play(t, map[string]flow{"a": a, "b": b}, line)
		if got := out.at["score.weight"][0].W.Data; !slices.Equal(got, []float32{2, 2, 2, 0}) {
			t.Errorf("%s: the head is %v", line, got)
		}
	}
}

func TestMeanOfNormsRefused(t *testing.T) {
	k := kindOf{shapes, 4, 2, adapter.F32, normal(1)}
	inputs := map[string]flow{"a": k.make("a"), "b": k.make("b"), "c": k.make("c").without(gap)}
	k.shapes = []shape{{"layers.0.q_proj", adapter.Linear, 12, 21}}
	inputs["d"] = k.make("d")
	k.shapes = []shape{{"layers.7.q_proj", adapter.Linear, 12, 21}}
	inputs["e"] = k.make("e")
	for _, c := range []struct{ line, text, remedy string }{
		{"m: {rescale: a, by: 2, norm: mean-of-norms}", "`by` is a number", "like: stage"},
		{"m: {rescale: a, like: b, interference: 0.4}", "needs `norm: mean-of-norms`", "add `norm: mean-of-norms`"},
		{"m: {rescale: a, like: c, norm: mean-of-norms}", "has no module \"layers.1.q_proj\"", "has all modules"},
		{"m: {rescale: a, like: d, norm: mean-of-norms, scope: adapter}", "[out 12, in 21] in the reference", "same layers"},
		{"m: {rescale: a, like: e, norm: mean-of-norms, scope: adapter}", "no module in common", "made of"},
		{"m: {rescale: a, like: [b, c], norm: mean-of-norms, weights: {x: 1, default: 2}}", `no adapter called "x"`, "b"},
	} {
		_, err := newCourse(inputs, 1).play(c.line)
		wantFault(t, err, 9, c.text, c.remedy)
	}
}

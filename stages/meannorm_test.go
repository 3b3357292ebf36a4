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

package stages_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/stages"
	"pgregory.net/rapid"
)

// TestCore: core and factor at full rank give every ΔW back, whatever ranks, scales and forms.
func TestCore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawMixed(t, rapid.IntRange(1, 4).Draw(t, "adapters"))
		back := play(t, d.flows, "small: {core: "+d.list()+"}", "back: {factor: small, rank: 40}")
		for i, name := range d.names {
			for _, module := range back.Union() {
				if e := far(effect(back, i, module), effect(d.flows[name], 0, module)); !(e <= 1e-6) {
					t.Errorf("%s of %s comes back %g away", module, name, e)
				}
			}
		}
	})
}

// TestCoreSumIsConcat: a sum in the core space is the exact weighted sum.
func TestCoreSumIsConcat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawMixed(t, 3)
		out := play(t, d.flows, "small: {core: "+d.list()+"}", "m: {sum: small, weights: {a: 2, b: -1, c: 0.5}}", "back: {factor: m, rank: 40}")
		d.checkEffect(t, out, 1e-6, func(xs [][]float64) []float64 { return combined(xs, 2, -1, 0.5) })
	})
}

// TestCoreDoesNotSeeTheSplit: with B·4 and A/4 an election in the space factors gives
// another adapter, and in the core space the same.
func TestCoreDoesNotSeeTheSplit(t *testing.T) {
	k := kindOf{shapes: shapes, rank: 3, scale: 2}
	inputs := make(map[string]flow)
	for i, name := range []string{"a", "b", "c"} {
		k.fill = normal(uint64(i + 1))
		inputs[name] = k.make(name)
	}
	split := make(map[string]flow)
	for name, f := range inputs {
		split[name] = f
	}
	k.fill = normal(2)
	split["b"] = k.make("b")
	for _, value := range split["b"].at {
		for i := range value[0].A.Data {
			value[0].A.Data[i] /= 4
		}
		for i := range value[0].B.Data {
			value[0].B.Data[i] *= 4
		}
	}
	lines := []string{"small: {core: [a, b, c]}", "m: {ties: small, density: 0.5}", "back: {factor: m, rank: 9}"}
	want, got := play(t, inputs, lines...), play(t, split, lines...)
	for _, module := range want.Union() {
		if e := far(effect(got, 0, module), effect(want, 0, module)); e > 1e-5 {
			t.Errorf("%s moves by %g", module, e)
		}
	}
}

// TestCoreRefused: values of other bases, and factors where deltas are meant.
func TestCoreRefused(t *testing.T) {
	k := kindOf{shapes: shapes, rank: 3, scale: 2, fill: normal(1)}
	inputs := map[string]flow{"a": k.make("a"), "b": k.make("b")}
	for _, c := range []struct{ lines, text string }{
		{"one: {core: a}|m: {core: one}", "in the space core"},
		{"one: {core: a}|m: {delta: one}", "in the space core"},
		{"one: {delta: a}|m: {core: one}", "in the space delta"},
		{"one: {core: a}|m: {save: one, to: out}", "bring it back with `factor`"},
	} {
		_, err := newCourse(inputs, 1).play(strings.Split(c.lines, "|")...)
		if err == nil || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v", c.lines, err)
		}
	}
}

// TestCoreRanks: the type bounds M by the sum of the ranks, and factor by the same.
func TestCoreRanks(t *testing.T) {
	inputs := make(map[string]flow)
	for i, rank := range []int{2, 3} {
		name := fmt.Sprintf("a%d", i)
		inputs[name] = kindOf{shapes: shapes, rank: rank, scale: 1, fill: normal(uint64(i))}.make(name)
	}
	out := play(t, inputs, "m: {core: [a0, a1]}")
	for _, m := range out.Members[0].Modules {
		p := out.at[m.Name][0]
		if want := min(5, m.Out()); m.Rank != 5 || p.W.Rows != want || out.Space != stages.Core {
			t.Errorf("%s: rank %d, M [%d, %d]", m.Name, m.Rank, p.W.Rows, p.W.Cols)
		}
	}
}

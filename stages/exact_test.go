package stages_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/stages"
	"pgregory.net/rapid"
)

// effect is ΔW = s·B·A in float64, in any space.
func effect(f flow, member int, module string) []float64 {
	m, _ := f.Members[member].Find(module)
	p := f.value(module)[member]
	if p.Bases != nil {
		svd, _, err := p.Bases.Decompose(context.Background(), p.W, min(p.W.Rows, p.W.Cols), 1)
		if err != nil {
			panic(err)
		}
		product := svd.Truncate(min(p.W.Rows, p.W.Cols))
		return multiply(product.B, product.A)
	}
	if p.W.Data != nil {
		return float64s(p.W.Data)
	}
	return mapped(multiply(p.B, p.A), func(x float64) float64 { return m.Scale * x })
}

// drawMixed draws adapters of one set of modules but of ranks and scales of their own.
func drawMixed(t *rapid.T, n int) drawn {
	d := drawn{flows: make(map[string]flow)}
	for i := range n {
		name := string(rune('a' + i))
		k := kindOf{shapes, rapid.IntRange(1, 9).Draw(t, "rank"), rapid.SampledFrom([]float64{-1, 0.25, 1, 2.8284271247461903}).Draw(t, "scale"), adapter.F32, normal(rapid.Uint64().Draw(t, "seed"))}
		d.names, d.flows[name] = append(d.names, name), k.make(name)
	}
	return d
}

// checkEffect compares ΔW of one adapter that came out with a combination of those
// that went in.
func (d drawn) checkEffect(t rapid.TB, out flow, tolerance float64, define func(xs [][]float64) []float64) {
	t.Helper()
	for _, module := range out.Union() {
		var xs [][]float64
		for _, name := range d.names {
			xs = append(xs, effect(d.flows[name], 0, module))
		}
		if e := far(effect(out, 0, module), define(xs)); !(e <= tolerance) {
			t.Errorf("%s: ΔW is off by %g", module, e)
		}
	}
}

// TestConcat: the exact weighted sum, for any ranks and scales (PEFT's cat).
func TestConcat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawMixed(t, rapid.IntRange(1, 4).Draw(t, "adapters"))
		weights, table := d.drawWeights(t, 0.3, 1, -2, 0)
		out := play(t, d.flows, fmt.Sprintf("m: {concat: %s, weights: %s}", d.list(), table))
		d.checkEffect(t, out, 1e-6, func(xs [][]float64) []float64 { return combined(xs, weights...) })
		m, rank := out.Members[0].Modules[0], 0
		for _, name := range d.names {
			rank += d.flows[name].Members[0].Modules[0].Rank
		}
		if m.Rank != rank || m.Scale != 1 {
			t.Errorf("rank %d and scale %v, want %d and 1", m.Rank, m.Scale, rank)
		}
	})
}

// TestDelta: with the scale in B, ΔW is what it was; the product is not multiplied out.
func TestDelta(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawMixed(t, 1)
		out := play(t, d.flows, "m: {delta: a}")
		d.checkEffect(t, out, 1e-6, func(xs [][]float64) []float64 { return xs[0] })
		if out.Space != stages.Delta || out.Dense || out.at[gap][0].W.Data != nil {
			t.Errorf("space %s, dense %v", out.Space, out.Dense)
		}
	})
}

// TestScale: by multiplies ΔW, alpha: fold makes the scale 1 and leaves ΔW alone.
func TestScale(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawMixed(t, 1)
		by := rapid.SampledFrom([]float64{-1.5, 0, 0.3, 1}).Draw(t, "by")
		fold := rapid.Bool().Draw(t, "fold")
		params := fmt.Sprintf("by: {a: %v}", by)
		if fold {
			params += ", alpha: fold"
		}
		out := play(t, d.flows, "m: {scale: a, "+params+"}")
		d.checkEffect(t, out, 1e-6, func(xs [][]float64) []float64 { return combined(xs, by) })
		m, want := out.Members[0].Modules[0], d.flows["a"].Members[0].Modules[0].Scale
		if fold {
			want = 1
		}
		if m.Scale != want || m.Alpha != want*float64(m.Rank) {
			t.Errorf("fold %v: scale %v and alpha %v, want %v", fold, m.Scale, m.Alpha, want)
		}
		for _, module := range out.Union() {
			if !slices.Equal(out.at[module][0].A.Data, d.flows["a"].at[module][0].A.Data) {
				t.Errorf("%s: A was changed, which only B was to be", module)
			}
		}
	})
}

// TestRankPad: zeros change nothing of ΔW, to the last bit of A and B.
func TestRankPad(t *testing.T) {
	in := kindOf{shapes, 3, 2, adapter.BF16, normal(4)}.make("a")
	out := play(t, map[string]flow{"a": in}, "m: {rank: a, to: 5}")
	for _, module := range out.Union() {
		m, _ := out.Members[0].Find(module)
		if m.Rank != 5 || m.Scale != 2 || m.Alpha != 10 {
			t.Errorf("%s: rank %d, scale %v, alpha %v", module, m.Rank, m.Scale, m.Alpha)
		}
		if !slices.Equal(effect(out, 0, module), effect(in, 0, module)) {
			t.Errorf("%s: ΔW is another", module)
		}
	}
}

func TestRankRefused(t *testing.T) {
	inputs := map[string]flow{"a": kindOf{shapes, 8, 2, adapter.BF16, normal(4)}.make("a")}
	for _, c := range []struct{ line, text, remedy string }{
		{"m: {rank: a, to: 4}", "rank 8", "how: truncate"},
		{"m: {rank: a, to: 4000000000}", "surely a slip", ""},
		{"m: {rank: a, to: 0}", "not a whole number ≥ 1", "write"},
		{"d: {delta: a}\n  m: {rank: d, to: 8}", "works on factors", "`factor`"},
	} {
		_, err := newCourse(inputs, 1).play(c.line)
		line := 5
		if c.line[0] == 'd' {
			line++
		}
		wantFault(t, err, line, c.text, c.remedy)
	}
}

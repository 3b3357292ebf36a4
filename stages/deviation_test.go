package stages_test

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/stages"
	"pgregory.net/rapid"
)

// TestTruncationReport: what factor says it lost is the tail of the singular values,
// to 1e-6, and what it says of ‖ΔW‖² is that. The verb delta rounds s·B to float32,
// which moves ΔW by E with ‖E‖ ≤ 2⁻²⁴·‖s·B‖·‖A‖, and the tail by no more than ‖E‖
// (Mirsky 1960); ‖s·B‖·‖A‖ is below 4·‖ΔW‖ for the random factors here.
func TestTruncationReport(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawMixed(t, 1)
		rank := rapid.IntRange(1, 9).Draw(t, "rank")
		var mu sync.Mutex
		found := make(map[string]stages.Deviation)
		c := newCourse(d.flows, 1)
		c.report = func(d stages.Deviation) {
			mu.Lock()
			defer mu.Unlock()
			found[d.Module] = d
		}
		if _, err := c.play("d: {delta: a}", fmt.Sprintf("m: {factor: d, rank: %d}", rank)); err != nil {
			t.Fatal(err)
		}
		for _, s := range shapes {
			values := spectrum(d.flows["a"], 0, s.name)
			want, size := math.Pow(tail(values, rank), 2), dot(values, values)
			got := found[s.name]
			if math.Abs(math.Sqrt(got.Lost)-math.Sqrt(want)) > 1e-6*math.Sqrt(want)+math.Sqrt(size)/(1<<22) || math.Abs(got.Norm-size) > 1e-6*size || got.Kind != stages.Truncation || got.Adapter != "a" {
				t.Errorf("%s: %+v, want %g of %g lost", s.name, got, want, size)
			}
		}
	})
}

// crossed are combinations in the space factors, and what they would make of ΔWs; nil
// where that is no linear combination.
var crossed = map[string]func(x, y []float64) []float64{
	"m: {sum: [a, b], weights: {a: 0.5, b: -2}}":                   func(x, y []float64) []float64 { return combined([][]float64{x, y}, 0.5, -2) },
	"m: {sum: [a, b], weights: {a: 0.5, b: 2}, weights-on: delta}": func(x, y []float64) []float64 { return combined([][]float64{x, y}, 0.5, 2) },
	"m: {average: [a, b], weights: {a: 1, b: 3}}":                  func(x, y []float64) []float64 { return combined([][]float64{x, y}, 0.25, 0.75) },
	"m: {slerp: [a, b], t: 0.3}":                                   func(x, y []float64) []float64 { return arc(x, y, 0.3) },
	"m: {karcher: [a, b]}":                                         func(x, y []float64) []float64 { return karcherMean([][]float64{x, y}, []float64{1, 1}) },
	"m: {average: [a, b], over: agreeing}":                         nil,
	"m: {slerp: [a, b], t: 0.3, scope: row}":                       nil,
	"m: {karcher: [a, b], scope: row}":                             nil,
}

// TestCrossTerms: the distance of s·B·A from the same combination of the deltas, by
// multiplying everything out.
func TestCrossTerms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := kindOf{shapes, rapid.IntRange(1, 5).Draw(t, "rank"), 2, adapter.F32, normal(rapid.Uint64().Draw(t, "seed"))}
		d := drawn{[]string{"a", "b"}, map[string]flow{"a": k.make("a"), "b": k.make("b")}}
		line := rapid.SampledFrom(slices.Sorted(maps.Keys(crossed))).Draw(t, "line")
		checkCrossTerms(t, d, line, crossed[line])
	})
}

// checkCrossTerms plays a stage and asks what its cross terms are.
func checkCrossTerms(t *rapid.T, d drawn, line string, define func(x, y []float64) []float64) {
	t.Helper()
	c := newCourse(d.flows, 1)
	out, err := c.play(line)
	if err != nil {
		t.Fatal(err)
	}
	s := c.recipe.Stages[2]
	kind, _ := stages.Find(s.Verb.Name)
	in := c.slots(s)[0]
	op, _, err := kind.Bind(stages.Spec{Stage: s, Recipe: c.recipe, In: types(c.slots(s))})
	if err != nil {
		t.Fatal(err)
	}
	stage := op.(stages.Linear)
	if stage.IsLinear() != (define != nil) {
		t.Errorf("%s: it is linear: %t", line, stage.IsLinear())
	}
	if !stage.IsLinear() {
		return
	}
	for _, site := range stages.Sites(out.Union()) {
		env := stages.Env{Site: site, Memory: stages.Heap{}, Workers: 1}
		got := stages.CrossTermError(context.Background(), stage, env, in.Type, out.Type, in.value(site.Module), out.value(site.Module))
		want := define(effect(d.flows["a"], 0, site.Module), effect(d.flows["b"], 0, site.Module))
		lost := combined([][]float64{effect(out, 0, site.Module), want}, 1, -1)
		if size := dot(want, want); math.Abs(got.Lost-dot(lost, lost)) > 1e-6*(size+dot(lost, lost)) || math.Abs(got.Norm-size) > 1e-6*size {
			t.Errorf("%s: %+v, want %g of %g", line, got, dot(lost, lost), size)
		}
	}
}

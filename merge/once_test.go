package merge_test

import (
	"testing"

	"github.com/loramerge/loramerge/merge/run"
)

// TestComputedOnce: a value that several stages use is computed once at each module,
// however the graph branches and joins.
func TestComputedOnce(t *testing.T) {
	recipe := work(t, alike(),
		"t: {trim: [a, b], density: 0.5}",
		"x: {sum: t}", "y: {average: t}", "z: {slerp: [t.a, t.b]}",
		"r: {rescale: x, like: t}",
		"m: {sum: [r, y, z]}", "n: {average: [x, y]}",
		"o: {save: m, to: out}", "p: {save: n, to: out2}", "q: {save: x, to: out3}")
	result, err := runWith(t, recipe, run.Options{Jobs: 4, Measure: run.MeasureAll})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range result.Stages {
		if s.Computed > 6 {
			t.Errorf("stage %q was computed %d times at 6 modules", s.Stage, s.Computed)
		}
		if s.Computed == 0 && len(s.Stage) == 1 && s.Stage >= "m" && s.Stage != "o" && s.Stage != "p" && s.Stage != "q" {
			t.Errorf("stage %q was never computed", s.Stage)
		}
	}
}

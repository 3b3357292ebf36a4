package merge_test

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/internal/lockfile"
	"github.com/loramerge/loramerge/merge/compare"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/evaluate/results"
)

// TestCompareMergesCancelled: an interrupted comparison says so, and not that outputs are not there.
func TestCompareMergesCancelled(t *testing.T) {
	recipe, _ := held(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, path := range []string{recipe, filepath.Join(filepath.Dir(recipe), "out")} {
		if _, err := compare.Of(ctx, []string{path}, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestCompareMerges: norm, strength and alignment are those of the dense ΔW over all modules, also of
// those that one of both lacks.
func TestCompareMerges(t *testing.T) {
	recipe, _ := held(t)
	out := filepath.Join(filepath.Dir(recipe), "out")
	c, err := compare.Of(t.Context(), []string{out, recipe}, nil)
	if err != nil {
		t.Fatal(err)
	}
	merged := openAdapter(t, out)
	of := func(a *adapter.Adapter) map[string][]float32 { return effects(t, a) }
	dot := func(x, y map[string][]float32) (sum float64) {
		for name, v := range x {
			for i := range y[name] {
				sum += float64(v[i]) * float64(y[name][i])
			}
		}
		return sum
	}
	m := of(merged)
	for _, found := range c.Merges {
		w := found.Weights
		if math.Abs(w.Norm-math.Sqrt(dot(m, m))) > 1e-6*w.Norm || w.Modules != len(merged.Modules) || len(w.Adapters) != 2 || w.Note != "" {
			t.Errorf("%s: %+v", found.Name, w)
		}
		for _, k := range w.Adapters {
			in := of(openAdapter(t, filepath.Join(filepath.Dir(recipe), k.Adapter)))
			inner, own := dot(m, in), dot(in, in)
			var opposite, elements float64
			for name, x := range in {
				for i := range x {
					if elements++; float64(x[i])*float64(m[name][i]) < 0 {
						opposite++
					}
				}
			}
			if got := float64(k.Opposite); math.Abs(got-opposite/elements) > 1e-3 { // rounding turns signs near 0
				t.Errorf("%s: %g of opposite signs, want %g", found.Name, got, opposite/elements)
			}
			if math.Abs(k.Norm-math.Sqrt(own)) > 1e-6*k.Norm || math.Abs(float64(k.Strength)-inner/own) > 1e-5 || math.Abs(float64(k.Alignment)-inner/math.Sqrt(own*dot(m, m))) > 1e-5 {
				t.Errorf("%s: %+v, want %g, %g", found.Name, k, inner/own, inner/math.Sqrt(own*dot(m, m)))
			}
		}
	}
}

// TestCompareOutput: an output has the scores of the lock beside its recipe that pins its bytes, and
// of no other.
func TestCompareOutput(t *testing.T) {
	recipe, path := held(t)
	lock, err := lockfile.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	score := &evaluate.Score{Digest: digest.Describe("s").Sum(), Measurement: results.Measurement{Value: 0.5, Direction: results.Maximize}}
	var data []byte
	lock.Scores, data = evaluate.Record(map[string]*evaluate.Scores{"s": {Candidates: []*evaluate.Scored{{Name: "m", Scores: map[string]*evaluate.Score{"math": score}}}}})
	if err := lock.Write(path); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(filepath.Dir(recipe), "out")
	if err := os.WriteFile(lockfile.ScoresPath(path), data, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{out, recipe} {
		c, err := compare.Of(t.Context(), []string{name}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if m := c.Merges[0]; len(c.Merges) != 1 || m.Name != filepath.ToSlash(name) || m.Scores == nil || m.Weights == nil || m.Scores.Results[0].Score.Value != 0.5 {
			t.Errorf("%+v", m)
		}
	}
	// Of several outputs the recipe inside says which adapter one of them is.
	pinned := *lock
	pinned.Outputs = map[string]lockfile.Pair{"o": lock.Outputs["o"], "p": lock.Outputs["o"]}
	if err := pinned.Write(path); err != nil {
		t.Fatal(err)
	}
	two, err := compare.Of(t.Context(), []string{out}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if two.Merges[0].Scores == nil {
		t.Errorf("%+v", two.Merges[0])
	}
	other := &evaluate.Scored{Name: "another", Scores: map[string]*evaluate.Score{"math": score}}
	pinned.Scores, data = evaluate.Record(map[string]*evaluate.Scores{"s": {Candidates: []*evaluate.Scored{other, {Name: "third", Scores: other.Scores}}}})
	if err := errors.Join(pinned.Write(path), os.WriteFile(lockfile.ScoresPath(path), data, 0o644)); err != nil {
		t.Fatal(err)
	}
	if two, err = compare.Of(t.Context(), []string{out}, nil); err != nil {
		t.Fatal(err)
	}
	if notes := strings.Join(two.Remarks(), "\n"); two.Merges[0].Scores != nil || !strings.Contains(notes, "has scores of several adapters, and does not say which of them this is") || strings.Contains(notes, "it was not evaluated") {
		t.Errorf("%+v, %s", two.Merges[0], notes)
	}
	_, data = evaluate.Record(map[string]*evaluate.Scores{"s": {Candidates: []*evaluate.Scored{{Name: "m", Scores: other.Scores}}}})
	if err := os.WriteFile(lockfile.ScoresPath(path), data, 0o644); err != nil {
		t.Fatal(err)
	}
	lock.Outputs["o"] = lockfile.Pair{Path: "out", Weights: "sha256:" + strings.Repeat("0", 64)}
	if err := lock.Write(path); err != nil {
		t.Fatal(err)
	}
	c, err := compare.Of(t.Context(), []string{out, recipe}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if m := c.Merges[0]; m.Scores != nil || m.Weights == nil {
		t.Errorf("scores of other bytes: %+v", m)
	}
	if m := c.Merges[1]; m.Scores == nil || m.Weights != nil {
		t.Errorf("weights of other bytes: %+v", m)
	}
	if notes := strings.Join(c.Remarks(), "\n"); !strings.Contains(notes, "out is not what the lock pins, so nothing is said of its weights") {
		t.Errorf("%s", notes)
	}
	lock.Outputs["o"] = lockfile.Pair{Path: "gone", Weights: lock.Outputs["o"].Weights}
	if err := lock.Write(path); err != nil {
		t.Fatal(err)
	}
	if c, err = compare.Of(t.Context(), []string{recipe}, nil); err != nil || !strings.Contains(c.Notes[0], "gone is not there, so nothing is said of its weights") {
		t.Errorf("%+v, %v", c, err)
	}
}

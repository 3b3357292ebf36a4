package run_test

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/internal/testgen/gen"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
	"github.com/loramerge/loramerge/stages"
)

// paced is how much longer work takes than was expected: the figures count as a run of a tenth
// of a second.
func paced(took, expected float64) float64 { return (took + 1e8) / (expected + 1e8) }

// TestCalibrated: each class of work by its own pace, and one that no run has had by the pace of
// all others together.
func TestCalibrated(t *testing.T) {
	var effort stages.Effort
	effort[stages.Reading], effort[stages.Drawing] = 3e9, 5e9
	reading, passing := run.Pace{Expected: 1e9, Took: 2e9}, run.Pace{Expected: 3e9, Took: 12e9}
	for name, c := range map[string]struct {
		classes map[string]run.Pace
		want    float64
	}{
		"no earlier run":   {nil, 3e9 + 5e9},
		"one class":        {map[string]run.Pace{"reading": reading}, 8e9 * paced(2e9, 1e9)},
		"another too":      {map[string]run.Pace{"reading": reading, "passing": passing}, 3e9*paced(2e9, 1e9) + 5e9*paced(14e9, 4e9)},
		"all of it":        {map[string]run.Pace{"reading": reading, "drawing": {Expected: 10e9, Took: 5e9}}, 3e9*paced(2e9, 1e9) + 5e9*paced(5e9, 10e9)},
		"a tiny one":       {map[string]run.Pace{"reading": {Expected: 5e6, Took: 100e6}}, 8e9 * 200e6 / 105e6},
		"too little of it": {map[string]run.Pace{"reading": reading, "drawing": {Expected: 1e3, Took: 5e9}}, 3e9*paced(2e9, 1e9) + 5e9*paced(7e9, 1e9+1e3)},
	} {
		if got := (run.Rates{Classes: c.classes}).Calibrated(effort); math.Abs(got-c.want) > 1e-6*c.want {
			t.Errorf("%s: %v, not %v", name, got, c.want)
		}
	}
}

// TestElapsed: the work divided among the cores, and what whole runs take beside that.
func TestElapsed(t *testing.T) {
	rates := run.Rates{Whole: run.Pace{Expected: 2e9, Took: 3e9}}
	if got, want := rates.Elapsed(8e9, 4), 2e9*paced(3e9, 2e9); got != want {
		t.Errorf("%v, not %v", got, want)
	}
	if got := (run.Rates{}).Elapsed(8e9, 4); got != 2e9 {
		t.Errorf("%v, not 8/4 seconds", got)
	}
}

// TestRatesWith: every run counts twice as much as the one before it.
func TestRatesWith(t *testing.T) {
	first := run.Rates{Classes: map[string]run.Pace{"reading": {Expected: 4e9, Took: 8e9}, "writing": {Expected: 2e9, Took: 2e9}}, Whole: run.Pace{Expected: 1e9, Took: 1e9}}
	second := run.Rates{Classes: map[string]run.Pace{"reading": {Expected: 1e9, Took: 5e9}}, Whole: run.Pace{Expected: 2e9, Took: 6e9}}
	got := run.Rates{}.With(first).With(second)
	for class, want := range map[string]run.Pace{"reading": {Expected: 3e9, Took: 9e9}, "writing": {Expected: 1e9, Took: 1e9}} {
		if got.Classes[class] != want {
			t.Errorf("%s: %v, not %v", class, got.Classes[class], want)
		}
	}
	if want := (run.Pace{Expected: 2.5e9, Took: 6.5e9}); got.Whole != want || len(got.Classes) != 2 {
		t.Errorf("%v", got)
	}
	if !got.Known() || (run.Rates{}).Known() {
		t.Error("it does not know whether there was a run")
	}
}

// TestRatesSound: no file can make an estimate of what is no number.
func TestRatesSound(t *testing.T) {
	for _, p := range []run.Pace{{Expected: -1, Took: 1}, {Expected: 1, Took: -1}, {Expected: 1, Took: math.Inf(1)}, {Expected: math.NaN(), Took: 1}} {
		if (run.Rates{Whole: p}).Sound() || (run.Rates{Classes: map[string]run.Pace{"reading": p}}).Sound() {
			t.Errorf("%v is sound", p)
		}
	}
	if !(run.Rates{Classes: map[string]run.Pace{"reading": {Expected: 1, Took: 2}}}).Sound() {
		t.Error("two figures are not")
	}
}

// TestRatesOfHashing: that the inputs had to be hashed is no sign of a slow machine.
func TestRatesOfHashing(t *testing.T) {
	dir := t.TempDir()
	spec := gen.Spec{Name: "a", Base: "tiny", Modules: gen.Tiny(), Rank: 8, Alpha: 8, DType: safetensors.F32}
	if err := gen.Write(filepath.Join(dir, "a"), spec); err != nil {
		t.Fatal(err)
	}
	var bytes int64
	for _, file := range []string{"adapter_config.json", "adapter_model.safetensors"} {
		info, err := os.Stat(filepath.Join(dir, "a", file))
		if err != nil {
			t.Fatal(err)
		}
		bytes += info.Size()
	}
	path := filepath.Join(dir, "recipe.yaml")
	if err := os.WriteFile(path, []byte("version: 1\nstages: {a: {load: a}, out: {save: a, to: out}}\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	p, err := plan.Load(path, plan.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	ticks := int64(0)
	result, err := run.Run(t.Context(), p, run.Options{Jobs: 1, Clock: func() int64 { ticks += 1000; return ticks }})
	if err != nil {
		t.Fatal(err)
	}
	want := stages.HashingEffort(bytes).Total()
	if got := result.Rates.Classes["hashing"]; math.Abs(got.Expected-want) > 1e-6*want || math.Abs(got.Took-want) > 1e-6*want {
		t.Errorf("%+v, expected %v", got, want)
	}
}

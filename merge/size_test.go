package merge_test

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/cache"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/merge/run"
)

// wholeNorm is ‖ΔW‖ over all modules, and total that of a weighted sum, in float64.
func wholeNorm(effects map[string][]float32) float64 {
	sum := 0.0
	for _, x := range effects {
		for _, v := range x {
			sum += float64(v) * float64(v)
		}
	}
	return math.Sqrt(sum)
}

// byInputs is what `norm: inputs` gives: the weighted mean of the norms, times
// √T/(1 + 0.4·(T−1)), at most 1, with T = (Σ|wᵢ|nᵢ)²/‖ΣwᵢΔWᵢ‖².
func byInputs(t *testing.T, recipe string, weights map[string]float64) (mean, size float64) {
	t.Helper()
	var sum, shares float64
	for name, w := range weights {
		sum += math.Abs(w) * wholeNorm(inputEffects(t, recipe, name))
		shares += math.Abs(w)
	}
	different := max(1, math.Pow(sum/wholeNorm(combineEffects(t, recipe, weights)), 2))
	mean = sum / shares
	return mean, mean * min(1, math.Sqrt(different)/(1+0.4*(different-1)))
}

// TestSizes: after every merge a run tells ‖ΔW‖ of the result and of the adapters that were
// loaded, whatever the space, and what `norm: inputs` would give.
func TestSizes(t *testing.T) {
	even := map[string]float64{"a": 1, "b": 1, "c": 1}
	uneven := map[string]float64{"a": 0.5, "b": -0.3, "c": 2}
	const table = "weights: {a: 0.5, b: -0.3, c: 2}"
	for name, c := range map[string]struct {
		stage   string
		weights map[string]float64
		lines   []string
	}{
		"sum of products":   {"m", uneven, []string{"d: {delta: [a, b, c]}", "m: {sum: d, " + table + "}", "f: {factor: m, rank: 12}"}},
		"at the right size": {"m", uneven, []string{"d: {delta: [a, b, c]}", "m: {sum: d, norm: inputs, " + table + "}", "f: {factor: m, rank: 12}"}},
		"scaled later":      {"m", even, []string{"d: {delta: [a, b, c]}", "s: {sum: d}", "m: {scale: s, by: 0.25}", "f: {factor: m, rank: 12}"}},
		"concat":            {"f", uneven, []string{"f: {concat: [a, b, c], " + table + "}"}},
		"factors":           {"f", even, []string{"f: {linear: [a, b, c]}"}},
		"roots of weights":  {"f", map[string]float64{"a": 0.5, "b": 0.3, "c": 2}, []string{"f: {linear: [a, b, c], weights: {a: 0.5, b: 0.3, c: 2}, like: peft}"}},
		"slerp":             {"f", map[string]float64{"a": 0.25, "b": 0.25, "c": 0.5}, []string{"f: {slerp: [a, b, c], t: 0.5}"}},
		"one pass":          {"f", uneven, []string{"f: {ties: [a, b, c], density: 0.5, " + table + "}"}},
		"three passes":      {"f", even, []string{"t: {trim: [a, b, c], density: 0.5, scope: adapter}", "e: {elect: t}", "f: {average: e, over: agreeing}"}},
		"trimmed apart":     {"f", even, []string{"x: {trim: a, density: 0.5}", "y: {dare-drop: [b, c], density: 0.5}", "e: {elect: [x, y]}", "f: {average: e}"}},
		"dense":             {"f", uneven, []string{"f: {ties: [a, b, c], density: 0.5, space: delta, rank: 16, " + table + "}"}},
		"by disagreement":   {"f", even, []string{"f: {dare: [a, b, c], like: article}"}},
	} {
		t.Run(name, func(t *testing.T) {
			inputs := map[string]folder{"a": plain(4, 6, safetensors.F32), "b": plain(4, 6, safetensors.F32), "c": plain(4, 6, safetensors.F32)}
			lines := c.lines
			if name == "slerp" {
				lines = []string{strings.Replace(lines[0], "t: 0.5", "t: [0.5, 0.5]", 1)}
			}
			path := work(t, inputs, append(lines, "o: {save: f, to: out, dtype: float32}")...)
			result, err := runWith(t, path, run.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if len(result.Sizes) != 1 {
				t.Fatalf("%d merges were measured: %+v", len(result.Sizes), result.Sizes)
			}
			got := result.Sizes[0]
			if got.Stage != c.stage || got.Modules != 6 || got.AllModules != 6 || len(got.Inputs) != 3 {
				t.Errorf("%+v", got)
			}
			mean, size := byInputs(t, path, c.weights)
			check := func(what string, got, want float64) {
				t.Helper()
				if !(math.Abs(got-want) <= 1e-6*want) {
					t.Errorf("%s: %v, want %v", what, got, want)
				}
			}
			check("‖ΔW‖", got.Norm, wholeNorm(effects(t, saved(t, path))))
			check("mean", got.Mean, mean)
			check("norm: inputs", got.ByInputs, size)
			for _, in := range got.Inputs {
				check(in.Adapter, in.Norm, wholeNorm(inputEffects(t, path, in.Adapter)))
			}
			wantSizeWarning(t, result, got.Norm/size)
		})
	}
}

// wantSizeWarning wants a warning exactly where a result is under half or over twice what
// suits its inputs.
func wantSizeWarning(t *testing.T, result *run.Result, ratio float64) {
	t.Helper()
	warned := false
	for _, err := range result.Warnings {
		if m, ok := errors.AsType[*fault.Fault](err); ok && m.Page == "size" {
			warned = true
		}
	}
	if odd := ratio < 0.5 || ratio > 2; warned != odd {
		t.Errorf("at %.3g times the size that suits: warned %v", ratio, warned)
	}
}

// TestSizesOfCached: what comes out of the cache is measured too, and however many workers
// there are, the figures are the same.
func TestSizesOfCached(t *testing.T) {
	path := work(t, alike(), "m: {ties: [a, b], density: 0.5, space: delta, rank: 4}", "k: {concat: [m, b]}", "o: {save: k, to: out}")
	store, err := cache.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var first []run.MergeSize
	for _, options := range []run.Options{{Jobs: 1}, {Jobs: 8}, {Cache: store, CacheMode: run.CacheAll}, {Cache: store, CacheMode: run.CacheAll}} {
		options.Lock = run.LockIgnore
		if err := os.RemoveAll(filepath.Join(filepath.Dir(path), "out")); err != nil {
			t.Fatal(err)
		}
		result, err := runWith(t, path, options)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = result.Sizes
			if len(first) != 2 || first[0].Stage != "m" || first[1].Stage != "k" {
				t.Fatalf("%+v", first)
			}
		}
		if !reflect.DeepEqual(result.Sizes, first) {
			t.Errorf("%+v\nwant %+v", result.Sizes, first)
		}
	}
}

// TestSizesOfTwoEnds: a merge that goes two ways is measured at the end of each, and what
// nobody saves is not.
func TestSizesOfTwoEnds(t *testing.T) {
	path := work(t, alike(), "m: {average: [a, b]}", "half: {scale: m, by: 0.5}", "unused: {sum: [a, b]}",
		"o: {save: m, to: out}", "p: {save: half, to: out2}")
	result, err := runWith(t, path, run.Options{})
	if err != nil {
		t.Fatal(err)
	}
	norms := make(map[string]float64)
	for _, s := range result.Sizes {
		norms[s.Stage] = s.Norm
	}
	if len(norms) != 2 || math.Abs(norms["half"]-norms["m"]/2) > 1e-6*norms["m"] {
		t.Errorf("%v", norms)
	}
	result, err = runForced(t, path, run.Options{Measure: run.MeasureNone, Lock: run.LockIgnore}, true)
	if err != nil || len(result.Sizes) != 0 {
		t.Errorf("not asked to, and measured: %+v, %v", result.Sizes, err)
	}
}

// TestSizeRemedies: what a warning says to write, written, brings the merge to its size.
func TestSizeRemedies(t *testing.T) {
	for name, lines := range map[string][]string{
		"a shorthand":    {"m: {linear: [a, b], weights: 0.1}", "o: {save: m, to: out}"},
		"its own stages": {"t: {trim: [a, b], density: 0.1}", "m: {average: t, weights: {a: 0.2, b: 0.1}, over: agreeing}", "o: {save: m, to: out}"},
	} {
		t.Run(name, func(t *testing.T) {
			path := work(t, map[string]folder{"a": plain(4, 8, safetensors.F32), "b": plain(4, 8, safetensors.F32)}, lines...)
			result, err := runWith(t, path, run.Options{})
			if err != nil || len(result.Warnings) != 1 {
				t.Fatalf("%v, %v", result.Warnings, err)
			}
			remedy := result.Warnings[0].(*fault.Fault).Remedy
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			mended := strings.Replace(string(text), "weights: 0.1}", "weights: 0.1, norm: inputs}", 1)
			if _, stage, ok := strings.Cut(remedy, "add the stage `"); ok {
				mended = strings.Replace(mended, "save: m,", "save: m_sized,", 1) + "  " + strings.TrimSuffix(stage, "`") + "\n"
			} else if !strings.Contains(remedy, "add `norm: inputs` to \"m\"") {
				t.Fatalf("the remedy is %q", remedy)
			}
			if err := os.WriteFile(path, []byte(mended), 0o644); err != nil {
				t.Fatal(err)
			}
			result, err = runForced(t, path, run.Options{Lock: run.LockIgnore}, true)
			if err != nil || len(result.Warnings) != 0 || len(result.Sizes) != 1 {
				t.Fatalf("%s\n%+v, %v", mended, result, err)
			}
			if s := result.Sizes[0]; !(math.Abs(s.Norm-s.ByInputs) <= 1e-6*s.ByInputs) {
				t.Errorf("%s\nnow at %v, want %v", mended, s.Norm, s.ByInputs)
			}
		})
	}
}

// TestSizesAreSampled: where measuring all modules would take long, some of them stand for
// all; asked for, all are measured.
func TestSizesAreSampled(t *testing.T) {
	f := folder{config: map[string]any{"r": 96, "lora_alpha": 96}}
	for i := range 24 {
		f.tensors = append(f.tensors, pair(fmt.Sprintf("model.layers.%d.q_proj", i), safetensors.F32, 128, 128, 96)...)
	}
	inputs := make(map[string]folder)
	var names []string
	for i := range 8 {
		name := fmt.Sprintf("a%02d", i)
		inputs[name], names = f, append(names, name)
	}
	path := work(t, inputs, "m: {linear: ["+strings.Join(names, ", ")+"]}", "o: {save: m, to: out}")
	some, err := runWith(t, path, run.Options{Lock: run.LockIgnore})
	if err != nil {
		t.Fatal(err)
	}
	all, err := runForced(t, path, run.Options{Lock: run.LockIgnore, Measure: run.MeasureAll}, true)
	if err != nil {
		t.Fatal(err)
	}
	part, whole := some.Sizes[0], all.Sizes[0]
	if part.Modules == 0 || part.Modules >= 24 || part.AllModules != 24 || whole.Modules != 24 {
		t.Fatalf("measured %d and %d of %d modules", part.Modules, whole.Modules, part.AllModules)
	}
	if ratio := part.Norm / part.ByInputs / (whole.Norm / whole.ByInputs); math.Abs(ratio-1) > 0.05 {
		t.Errorf("by %d modules the size is %v times what it is by all", part.Modules, ratio)
	}
}

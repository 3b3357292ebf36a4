package merge_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/loramerge/loramerge/adapter/peft"
	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
)

// ways are recipes that between them use every kind of stage that could see its
// modules in another order: surveys, chance, dense deltas, several readers of a value.
var ways = map[string][]string{
	"ties":         {"m: {ties: [a, b], density: 0.5}"},
	"ties-paper":   {"m: {ties: [a, b], density: 0.5, like: ties-paper}"},
	"dare-article": {"m: {dare: [a, b], like: article}"},
	"dare-ties":    {"m: {dare-ties: [a, b], density: 0.5, space: delta, rank: 4}"},
	"cascade":      {"m: {slerp: [a, b, c], missing: zero}"},
	"karcher":      {"d: {delta: [a, b]}", "k: {karcher: d, scope: row}", "m: {factor: k, energy: 0.9}"},
	"budget":       {"d: {delta: [a, b]}", "s: {sum: d}", "r: {rescale: s, like: d, scope: adapter}", "m: {factor: r, budget: 3}"},
}

func alike() map[string]folder {
	c := plain(4, 8, safetensors.F16)
	c.tensors = c.tensors[2:]
	return map[string]folder{"a": plain(4, 8, safetensors.F32), "b": plain(4, 8, safetensors.BF16), "c": c}
}

// TestSameBytes: the number of jobs, the memory and a second run change no byte.
func TestSameBytes(t *testing.T) {
	for name, lines := range ways {
		t.Run(name, func(t *testing.T) {
			var first string
			for _, options := range []run.Options{{Jobs: 1}, {Jobs: 1}, {Jobs: 2}, {Jobs: 8}, {Jobs: 8, Memory: 5 << 18}, {Measure: run.MeasureAll}, {Measure: run.MeasureNone}} {
				recipe := work(t, alike(), append(lines, "o: {save: m, to: out}")...)
				if _, err := runWith(t, recipe, options); err != nil {
					t.Fatal(err)
				}
				if first == "" {
					first = content(t, recipe)
				} else if content(t, recipe) != first {
					t.Errorf("with %+v: other bytes", options)
				}
			}
		})
	}
}

// TestRunTwice: a plan can be run again, also while it runs; surveys settle nothing
// in the plan itself.
func TestRunTwice(t *testing.T) {
	for name, lines := range ways {
		t.Run(name, func(t *testing.T) {
			recipe := work(t, alike(), append(lines, "o: {save: m, to: out}")...)
			p, err := plan.Load(recipe, plan.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			before := fmt.Sprint(run.Summary(p, run.Options{Jobs: 2}))
			dir := t.TempDir()
			var group sync.WaitGroup
			for i := range 3 {
				group.Go(func() {
					to := func(string) string { return filepath.Join(dir, fmt.Sprint(i)) }
					if _, err := run.Run(t.Context(), p, run.Options{Jobs: 2, Redirect: to}); err != nil {
						t.Error(err)
					}
				})
			}
			group.Wait()
			if after := fmt.Sprint(run.Summary(p, run.Options{Jobs: 2})); after != before {
				t.Errorf("the plan was %s and is now %s", before, after)
			}
			for i := range 3 {
				x, y := readBytes(t, filepath.Join(dir, "0", peft.WeightsFile)), readBytes(t, filepath.Join(dir, fmt.Sprint(i), peft.WeightsFile))
				if x != y {
					t.Errorf("run %d: other bytes", i)
				}
			}
		})
	}
}

func readBytes(t testing.TB, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestCancelled: a run that is given up leaves nothing behind, and what stood at the
// target stays.
func TestCancelled(t *testing.T) {
	recipe := work(t, alike(), "m: {ties: [a, b], density: 0.5}", "o: {save: m, to: out}")
	before := entries(t, recipe)
	planned, err := plan.Load(recipe, plan.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer planned.Close()
	ctx, cancel := context.WithCancel(t.Context())
	_, err = run.Run(ctx, planned, run.Options{Jobs: 1, Progress: func(p run.Progress) {
		if p.Modules == 2 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled, and the error is %v", err)
	}
	if after := entries(t, recipe); after != before {
		t.Errorf("left behind: %s; there was %s", after, before)
	}
}

// TestFailure: a run that fails at its last module leaves the earlier output whole.
func TestFailure(t *testing.T) {
	good := alike()
	recipe := work(t, good, "m: {ties: [a, b], density: 0.5}", "o: {save: m, to: out}")
	runRecipe(t, recipe)
	old, before := content(t, recipe), entries(t, recipe)
	bad := maps.Clone(good)
	last := len(bad["b"].tensors) - 1
	b := bad["b"]
	b.tensors = slices.Clone(b.tensors)
	b.tensors[last].data = make([]float32, elements(b.tensors[last]))
	b.tensors[last].data[5] = float32(math.NaN())
	b.write(t, filepath.Join(filepath.Dir(recipe), "b"))
	for _, jobs := range []int{1, 8} {
		_, err := runWith(t, recipe, run.Options{Jobs: jobs, Lock: run.LockUpdate})
		if err == nil || !strings.Contains(err.Error(), "down_proj.lora_B.weight") || !strings.Contains(err.Error(), "NaN") {
			t.Errorf("NaN in a tensor, and the error is %v", err)
		}
		if content(t, recipe) != old || entries(t, recipe) != before {
			t.Error("the earlier output is no longer as it was")
		}
	}
}

func elements(x tensor) int {
	n := 1
	for _, d := range x.shape {
		n *= d
	}
	return n
}

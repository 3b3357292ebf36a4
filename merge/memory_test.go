package merge_test

import (
	"runtime"
	"runtime/debug"
	"slices"
	"testing"

	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
)

// TestPeak holds the plan's figure for one module against all that a run of two, one
// after the other, allocates with the collector off: slices are used again, so it is
// of the order of what is held at once.
func TestPeak(t *testing.T) {
	if underRace {
		t.Skip("the race detector changes what is allocated")
	}
	adapters := make(map[string]folder)
	for _, name := range []string{"a", "b", "c", "d"} {
		adapters[name] = folder{config: map[string]any{"r": 16, "lora_alpha": 16}, tensors: slices.Concat(pair("h.0.q_proj", safetensors.BF16, 1024, 768, 16), pair("h.1.q_proj", safetensors.BF16, 1024, 768, 16))}
	}
	for name, lines := range map[string][]string{
		"factors":    {"m: {ties: [a, b, c, d], density: 0.5}"},
		"sum":        {"m: {svd: [a, b, c, d], rank: 16}"},
		"slerp":      {"d0: {delta: [a, b, c, d]}", "s: {slerp: d0}", "m: {factor: s, rank: 16}"},
		"rows":       {"d0: {delta: [a, b, c, d]}", "s: {slerp: d0, scope: row}", "m: {factor: s, rank: 4}"},
		"ties":       {"m: {ties: [a, b, c, d], density: 0.5, space: delta, rank: 4}"},
		"ties-paper": {"m: {ties: [a, b, c, d], density: 0.5, like: ties-paper, space: delta, rank: 4}"},
		"dare":       {"m: {dare: [a, b, c, d], density: 0.5, space: delta, rank: 4}"},
		"energy":     {"m: {dare: [a, b, c, d], density: 0.5, space: delta, energy: 0.05}"},
	} {
		t.Run(name, func(t *testing.T) {
			path := work(t, adapters, append(lines, "o: {save: m, to: out}")...)
			p, err := plan.Load(path, plan.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			figure := run.Peak(p, run.Options{Jobs: 2, Memory: 1 << 40}) - run.Peak(p, run.Options{Jobs: 1, Memory: 1 << 40})
			took := allocated(t, func() error {
				_, err := run.Run(t.Context(), p, run.Options{Jobs: 1, Measure: run.MeasureNone, Lock: run.LockIgnore})
				return err
			})
			const fixed = 4 << 20 // buffers, tables of counts, JSON
			if took > 4*figure+fixed || 4*took+fixed < figure {
				t.Errorf("%d kB allocated, the plan's figure is %d kB", took>>10, figure>>10)
			}
		})
	}
}

// allocated is how many bytes f allocates.
func allocated(t *testing.T, f func() error) int64 {
	t.Helper()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := f(); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

package merge_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/loramerge/loramerge/adapter/formats"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
	"pgregory.net/rapid"
)

// planSeeds have stages that no verb's example has.
var planSeeds = []string{
	"version: 1\nstages:\n  all: {load: {x: a, y: b}}\n  f: {scale: all, alpha: fold}\n  m: {ties: [f.x, f.y], density: {layers: [0, 1]}}\n  o: {save: m, to: o, dtype: float16, clamp: true}\n",
	"version: 1\nstages:\n  x: {load: a}\n  y: {load: c}\n  d: {delta: [x, y]}\n  e: {elect: d, missing: zero, tie: majority}\n  m: {average: e, over: agreeing}\n  g: {factor: m, energy: 0.5}\n  o: {save: g, to: o}\n",
	"version: 1\nvars: {d: 0.3}\nstages:\n  x: {load: a}\n  t: {trim: x, density: \"${d}\", scope: adapter}\n  r: {rescale: t, like: x, scope: adapter}\n  p: {rank: r, to: 7}\n  o: {save: p, to: o}\n",
	"version: 1\nstages:\n  x: {load: {recipe: other.yaml, stage: m, set: {d: 0.5}}}\n  y: {load: {recipe: other.yaml, stage: t.p}}\n  f: {scale: [x, y], alpha: fold}\n  m: {sum: f}\n  o: {save: m, to: o}\n",
	"version: 1\nstages:\n  x: {load: {p: a, q: a, r: a}}\n  m: {slerp: x, t: [0.1, {layers: [0, 1]}], order: tree, scope: row}\n  o: {save: m, to: o}\n  n: {save: x.q, to: n}\n",
}

// FuzzPlan: planning never panics, and what the planner accepts runs, to an output
// that is finite and can be opened, unless its numbers grow beyond use.
func FuzzPlan(f *testing.F) {
	for _, kind := range stages.All {
		for _, before := range []string{"", "  d: {delta: [python, sql, merged]}\n"} {
			f.Add(fmt.Appendf(nil, "version: 1\nstages:\n  python: {load: a}\n  sql: {load: b}\n  merged: {load: a}\n%s  m: %s\n  o: {save: m, to: o}\n", before, kind.Example))
		}
	}
	for _, seed := range planSeeds {
		f.Add([]byte(seed))
	}
	dir := f.TempDir()
	small := tinyAdapters()
	for name, adapter := range map[string]folder{"a": small[0], "b": small[1], "c": small[2]} {
		adapter.write(f, filepath.Join(dir, name))
	}
	writeFile(f, filepath.Join(dir, "other.yaml"), []byte("version: 1\nvars: {d: 1}\nstages:\n  x: {load: {p: a, q: b}}\n  t: {trim: x, density: \"${d}\"}\n  m: {svd: t, rank: 2}\n  o: {save: m, to: o}\n"))
	f.Fuzz(func(t *testing.T, source []byte) {
		parsed, mistakes := recipe.Parse(filepath.Join(dir, "recipe.yaml"), source, stages.Verbs())
		p, err := plan.New(parsed, dir, plan.Options{Force: true})
		t.Cleanup(func() { p.Close() })
		for _, e := range fault.List(err) {
			if f, ok := e.(*fault.Fault); !ok || f.Line < 1 {
				t.Errorf("%T: %v", e, e)
			}
		}
		if err == nil && mistakes == nil {
			carryOut(t, t.TempDir(), p)
		}
	})
}

// tinyAdapters are adapters of two small modules: one, one of another dtype and scale,
// one that lacks a module and has another rank and a head.
func tinyAdapters() [3]folder {
	two := append(pair("layers.0.q", safetensors.F32, 3, 2, 2), pair("layers.1.q", safetensors.F32, 2, 4, 2)...)
	half := append(pair("layers.0.q", safetensors.F16, 3, 2, 2), pair("layers.1.q", safetensors.F16, 2, 4, 2)...)
	return [3]folder{
		{config: map[string]any{"r": 2, "lora_alpha": 2}, tensors: two},
		{config: map[string]any{"r": 2, "lora_alpha": 3}, tensors: half},
		folder{config: map[string]any{"r": 1, "lora_alpha": 1}, tensors: pair("layers.1.q", safetensors.F32, 2, 4, 1)}.with("score.weight", safetensors.F32, []int{2}, 1, 2),
	}
}

// carryOut runs a plan that is small, saves to out instead, and reads what is saved.
func carryOut(t rapid.TB, out string, p *plan.Plan) {
	options := run.Options{Jobs: 1, Memory: 16 << 20, Lock: run.LockIgnore}
	if len(p.Nodes) > 50 || run.Fits(p, options) != nil {
		return
	}
	options.Redirect = func(target string) string {
		return filepath.Join(out, fmt.Sprintf("%x", sha256.Sum256([]byte(target))))
	}
	result, err := run.Run(context.Background(), p, options)
	if f, ok := err.(*fault.Fault); ok && f.Page == "too-large" {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, saved := range result.Outputs {
		readSaved(t, saved.Path)
	}
}

// readSaved reads every tensor that is computed with, which refuses NaN and Inf.
func readSaved(t rapid.TB, folder string) {
	a, err := formats.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	for i := range a.Modules {
		for _, tensor := range a.Modules[i].Tensors() {
			if err := a.Read(tensor, make([]float32, tensor.Elements())); err != nil {
				t.Error(err)
			}
		}
	}
}

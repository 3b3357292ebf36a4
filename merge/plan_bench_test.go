package merge_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter/peft"
	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
)

// BenchmarkPlan plans a merge of 200 adapters of 2,000 modules each, from headers.
func BenchmarkPlan(b *testing.B) {
	dir := b.TempDir()
	recipe := writeMany(b, dir, 200, 2000)
	for b.Loop() {
		p, err := plan.Load(recipe, plan.Options{})
		if err != nil {
			b.Fatal(err)
		}
		run.Summary(p, run.Options{})
		p.Close()
	}
}

// writeMany writes adapters whose weights are holes in sparse files, and a recipe
// that merges them all; planning reads no more than their headers.
func writeMany(t testing.TB, dir string, adapters, modules int) (recipe string) {
	t.Helper()
	layout := manyModules(t, modules)
	loads := make([]string, adapters)
	for i := range adapters {
		name := fmt.Sprintf("a%03d", i)
		loads[i] = name + ": " + name
		folder := filepath.Join(dir, name)
		if err := os.MkdirAll(folder, 0o777); err != nil {
			t.Fatal(err)
		}
		weights := filepath.Join(folder, peft.WeightsFile)
		writeFile(t, weights, layout.Header())
		if err := os.Truncate(weights, layout.Size()); err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(folder, peft.ConfigFile), []byte(`{"peft_type":"LORA","base_model_name_or_path":"tiny","r":16,"lora_alpha":32,"target_modules":["q_proj"]}`))
	}
	recipe = filepath.Join(dir, "many.yaml")
	writeFile(t, recipe, []byte(fmt.Sprintf(`version: 1
stages:
  all: {load: {%s}}
  merged: {ties: all, density: 0.5, space: delta, rank: 16}
  out: {save: merged, to: out}
`, strings.Join(loads, ", "))))
	return recipe
}

// manyModules is a layout of pairs of rank 16 for a layer of 4096 × 4096 each.
func manyModules(t testing.TB, n int) *safetensors.Layout {
	t.Helper()
	var specs []safetensors.Spec
	for i := range n {
		name := fmt.Sprintf("base_model.model.model.layers.%d.self_attn.heads.%d.q_proj", i/8, i%8)
		specs = append(specs,
			safetensors.Spec{Name: name + ".lora_A.weight", DType: safetensors.BF16, Shape: []int{16, 4096}},
			safetensors.Spec{Name: name + ".lora_B.weight", DType: safetensors.BF16, Shape: []int{4096, 16}})
	}
	slices.SortFunc(specs, func(x, y safetensors.Spec) int { return strings.Compare(x.Name, y.Name) })
	layout, err := safetensors.NewLayout(specs, map[string]string{"format": "pt"})
	if err != nil {
		t.Fatal(err)
	}
	return layout
}

func writeFile(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkManyStages plans a chain, and a circle, of ten thousand stages, and foresees
// what a run would do.
func BenchmarkManyStages(b *testing.B) {
	for name, first := range map[string]string{"chain": "a", "circle": "s9999"} {
		b.Run(name, func(b *testing.B) {
			lines := []string{"s0: {scale: " + first + ", by: 1}"}
			for i := range 9999 {
				lines = append(lines, fmt.Sprintf("s%d: {scale: s%d, by: 1}", i+1, i))
			}
			recipe := work(b, map[string]folder{"a": filled(1, 1)}, append(lines, "o: {save: s9999, to: out}")...)
			options := run.Options{Cache: openCache(b, b.TempDir()), CacheMode: run.CacheAll, Hashes: plan.IndexedHashes(b.TempDir())}
			for b.Loop() {
				p, err := plan.Load(recipe, plan.Options{})
				if (err != nil) != (name == "circle") {
					b.Fatal(err)
				}
				if err == nil {
					run.Foresee(b.Context(), p, options)
					p.Close()
				}
			}
		})
	}
}

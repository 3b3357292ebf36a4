package merge_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/loramerge/loramerge/adapter/peft"
	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/internal/testgen/gen"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
)

// TestOneLargeModuleIsShared: goroutines that share a module, since it is the only one,
// leave no trace in the bytes.
func TestOneLargeModuleIsShared(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a", "b", "c"} {
		spec := gen.Spec{Name: name, Base: "mistral", Rank: 4, Alpha: 8, DType: safetensors.BF16,
			Modules: []gen.Module{{Name: "model.layers.0.self_attn.q_proj", Out: 1024, In: 768}}}
		if err := gen.Write(filepath.Join(dir, name), spec); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "recipe.yaml")
	writeFile(t, path, []byte("version: 1\nstages:\n  all: {load: {a: a, b: b, c: c}}\n"+
		"  m: {ties: all, density: 0.5, space: delta, rank: 8}\n  o: {save: m, to: out}\n"))
	var first []byte
	for _, jobs := range []int{1, 2, 5} {
		p, err := plan.Load(path, plan.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		if _, err := run.Run(t.Context(), p, run.Options{Jobs: jobs, Lock: run.LockIgnore}); err != nil {
			t.Fatal(err)
		}
		weights, err := os.ReadFile(filepath.Join(dir, "out", peft.WeightsFile))
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = weights
		}
		if !bytes.Equal(weights, first) {
			t.Errorf("%d jobs gave other bytes than one", jobs)
		}
	}
}

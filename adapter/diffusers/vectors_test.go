package diffusers_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestVectors: the files of the format that come with the tests have the ΔW that they are said to
// have, and keep it.
func TestVectors(t *testing.T) {
	vectors := filepath.Join("..", "..", "..", "shared", "formats", "vectors")
	folders, _ := filepath.Glob(filepath.Join(vectors, "diffusers", "*"))
	if len(folders) == 0 {
		t.Skip("no vectors here")
	}
	for _, folder := range folders {
		name := filepath.Base(folder)
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(vectors, "expected", strings.TrimSuffix(name, "-metadata")+".json"))
			if err != nil {
				t.Fatal(err)
			}
			var expected struct {
				Modules map[string]struct{ Data []float64 }
			}
			if err := json.Unmarshal(text, &expected); err != nil {
				t.Fatal(err)
			}
			want := make(map[string][]float64)
			for module, e := range expected.Modules {
				want[module] = e.Data
			}
			opened, got := read(t, folder)
			if !maps.EqualFunc(got, want, slices.Equal) {
				t.Errorf("read: ΔW of %q, and not of %q, or other numbers", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
			}
			if got := deltas(t, saved(t, nil, opened)); !maps.EqualFunc(got, want, slices.Equal) {
				t.Error("written: ΔW differs")
			}
		})
	}
}

package merge_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/cache"
	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
)

// smallest is a recipe whose only kept value has three elements and so an entry of some
// hundred bytes, in two files.
func smallest(t *testing.T) (recipe string) {
	t.Helper()
	one := folder{config: map[string]any{"r": 1, "lora_alpha": 1}, tensors: pair("q_proj", safetensors.F32, 1, 2, 1)}
	return work(t, map[string]folder{"a": one}, "m: {trim: a, density: 1, keep: true}", "o: {save: m, to: out}")
}

// TestDamagedEntry: whichever byte of an entry is flipped, or wherever it is cut, the
// result has the right bytes, the damage is told, and it is mended.
func TestDamagedEntry(t *testing.T) {
	recipe, dir := smallest(t), t.TempDir()
	options := run.Options{Jobs: 1, Cache: openCache(t, dir), CacheMode: run.CacheAll}
	want, _ := makeAnew(t, recipe, options)
	paths := filesBelow(t, dir)
	if len(paths) != 2 {
		t.Fatalf("the cache holds %q", paths)
	}
	for _, path := range paths {
		whole := readText(t, path)
		check := func(what string, at int, damaged string) {
			writeFile(t, path, []byte(damaged))
			got, result := makeAnew(t, recipe, options)
			if got.weights != want.weights || got.card != want.card {
				t.Fatalf("%s at %d of %s: another result", what, at, path)
			}
			if len(result.Warnings) != 1 || !strings.Contains(result.Warnings[0].Error(), "1 entry of the cache "+dir+" was damaged and has been") {
				t.Fatalf("%s at %d of %s: warnings %v", what, at, path, result.Warnings)
			}
			if readText(t, path) != whole {
				t.Fatalf("%s at %d of %s was not mended", what, at, path)
			}
		}
		for i := range len(whole) {
			check("flipped", i, flipped(whole, i))
		}
		for i := 0; i < len(whole); i += 7 {
			check("cut", i, whole[:i])
		}
	}
}

// flipped has another bit in one byte.
func flipped(text string, at int) string {
	data := []byte(text)
	data[at] ^= 1
	return string(data)
}

// TestUnusableCache: where the cache's folder can't be made, the result is the same.
func TestUnusableCache(t *testing.T) {
	recipe := work(t, alike(), "m: {ties: [a, b], density: 0.5}", "o: {save: m, to: out}")
	want, _ := makeAnew(t, recipe, run.Options{})
	inTheWay := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(inTheWay, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	store, err := cache.Open(filepath.Join(inTheWay, "cache"))
	if err == nil {
		t.Fatal("a cache was opened below a file")
	}
	got, result := makeAnew(t, recipe, run.Options{Cache: store, CacheMode: run.CacheAll, Hashes: plan.IndexedHashes(filepath.Join(inTheWay, "files"))})
	if got.weights != want.weights || len(result.Outputs) != 1 {
		t.Error("another result")
	}
}

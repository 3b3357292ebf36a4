package merge_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
)

// TestPlaces: neither the folder that a recipe is run from, nor the one it lies in, nor
// the one for temporary files changes a byte, wherever the output lies.
func TestPlaces(t *testing.T) {
	for _, to := range []string{"out", "deep/er/out", "../beside", "../../far/out"} {
		t.Run(to, func(t *testing.T) {
			build := func(place string) (dir string) {
				dir = filepath.Join(t.TempDir(), place)
				for name, f := range alike() {
					f.write(t, filepath.Join(dir, name))
				}
				writeRecipe(t, dir, alike(), "m: {ties: [a, b], density: 0.5}", "o: {save: m, to: "+to+"}")
				return dir
			}
			weights := func(dir string) string {
				return readText(t, filepath.Join(dir, to, "adapter_model.safetensors"))
			}
			first := build("here/recipes")
			makeThere(t, filepath.Join(first, "recipe.yaml"))
			want := weights(first)

			second := build("elsewhere/other")
			t.Setenv("TMPDIR", t.TempDir())
			for _, from := range []string{".", "a", "..", filepath.Join("..", "..")} {
				t.Chdir(filepath.Join(second, from))
				path, err := filepath.Rel(filepath.Join(second, from), filepath.Join(second, "recipe.yaml"))
				if err != nil {
					t.Fatal(err)
				}
				makeThere(t, path)
				if weights(second) != want {
					t.Errorf("run from %s: other bytes", from)
				}
			}
		})
	}
}

func makeThere(t *testing.T, recipe string) {
	t.Helper()
	if _, err := runWith(t, recipe, run.Options{Lock: run.LockIgnore}); err != nil {
		t.Fatal(err)
	}
}

// TestOrderOfStages: the order in which stages are written changes neither weights nor
// configuration nor the plan's name, and so nothing is to be done again.
func TestOrderOfStages(t *testing.T) {
	recipe := work(t, alike(), "d: {delta: [b, a]}", "t: {trim: d, density: 0.5}", "s: {sum: t}", "m: {factor: s, rank: 3}", "o: {save: m, to: out}")
	want, _ := makeAnew(t, recipe, run.Options{})
	if _, err := runWith(t, recipe, run.Options{}); err != nil {
		t.Fatal(err)
	}
	writeFile(t, recipe, []byte(`version: 1 # in another order
stages:
  o: {to: out, save: m}
  m: {rank: 3, factor: s}
  c: {load: c}
  s: {sum: t}
  b: {load: b}
  t: {trim: d, density: 0.50}
  a: {load: a}
  d: {delta: [b, a]}
`))
	got, _ := makeAnew(t, recipe, run.Options{})
	if got.weights != want.weights || got.config != want.config {
		t.Error("other bytes")
	}
	result, err := runWith(t, recipe, run.Options{})
	if err != nil || !result.UpToDate {
		t.Errorf("up to date: %v, %v", result, err)
	}
}

// TestNothingToDo: a second run of what stands already touches nothing.
func TestNothingToDo(t *testing.T) {
	recipe := work(t, alike(), "m: {ties: [a, b], density: 0.5}", "o: {save: m, to: out}")
	hashes := plan.IndexedHashes(t.TempDir())
	var before []os.FileInfo
	for i := range 3 {
		result, err := runWith(t, recipe, run.Options{Hashes: hashes})
		if err != nil {
			t.Fatal(err)
		}
		if result.UpToDate != (i > 0) {
			t.Errorf("run %d: up to date is %v", i+1, result.UpToDate)
		}
		after := stats(t, recipe)
		for j := range before {
			if !os.SameFile(before[j], after[j]) || !before[j].ModTime().Equal(after[j].ModTime()) {
				t.Errorf("run %d touched %s", i+1, after[j].Name())
			}
		}
		before = after
	}
}

// stats tells of the files that a run writes.
func stats(t *testing.T, recipe string) []os.FileInfo {
	t.Helper()
	dir := filepath.Dir(recipe)
	var all []os.FileInfo
	for _, name := range []string{"recipe.lock.yaml", "out", "out/adapter_model.safetensors", "out/adapter_config.json", "out/README.md", "out/recipe.yaml"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, info)
	}
	return all
}

package loramerge_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter/kohya"
	"github.com/loramerge/loramerge/adapter/peft"
	"github.com/loramerge/loramerge/internal/golden"
	"github.com/loramerge/loramerge/internal/lockfile"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
)

// TestRecipes: every example runs as it stands, without a warning, and comes out the same in
// another folder, by one worker or by several.
func TestRecipes(t *testing.T) {
	for _, path := range exampleRecipes(t) {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".yaml"), func(t *testing.T) {
			once, again := runCopy(t, path, 1), runCopy(t, path, 4)
			want := []string{peft.WeightsFile, peft.ConfigFile}
			switch filepath.Base(path) {
			case "image.yaml":
				want = []string{kohya.WeightsFile}
			case "gguf.yaml":
				want = []string{"adapter.gguf"}
			}
			for _, name := range want {
				if _, found := once[name]; !found {
					t.Errorf("saved %q", slices.Collect(maps.Keys(once)))
				}
			}
			if !maps.Equal(once, again) {
				t.Error("the second run gave other bytes")
			}
		})
	}
}

// exampleRecipes are the files of recipes that are not the locks of others.
func exampleRecipes(t *testing.T) []string {
	t.Helper()
	return slices.DeleteFunc(files(t, "recipes/*.yaml"), func(path string) bool { return plan.IsLock(readFile(t, path)) })
}

// TestRecipeLocks: the examples commit their locks, as every recipe should, and each is what a
// run makes anew. One that depends on the class of matrix kernels is compared on that class alone.
func TestRecipeLocks(t *testing.T) {
	for _, path := range exampleRecipes(t) {
		dir := t.TempDir()
		for _, folder := range []string{"recipes", "testdata/adapters", "testdata/base", "testdata/images"} {
			copyFolder(t, filepath.Join(dir, folder), folder)
		}
		if err := os.RemoveAll(filepath.Join(dir, lockfile.Path(path))); err != nil {
			t.Fatal(err)
		}
		p, err := plan.Load(filepath.Join(dir, path), plan.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		if _, err := run.Run(t.Context(), p, run.Options{Version: "devel"}); err != nil {
			t.Fatal(err)
		}
		made, err := lockfile.Read(filepath.Join(dir, lockfile.Path(path)))
		if err != nil {
			t.Fatal(err)
		}
		if committed, err := lockfile.Read(lockfile.Path(path)); err == nil && committed != nil && committed.Kernels != made.Kernels {
			t.Logf("%s was made on %s, and this machine is %s", lockfile.Path(path), committed.Kernels, made.Kernels)
			continue
		}
		golden.Compare(t, lockfile.Path(path), readFile(t, filepath.Join(dir, lockfile.Path(path))))
	}
}

// runCopy runs a recipe in a copy of what it needs, and gives the files that it
// saved to out/NAME.
func runCopy(t *testing.T, path string, jobs int) map[string]string {
	t.Helper()
	dir := t.TempDir()
	for _, folder := range []string{"recipes", "testdata/adapters", "testdata/base", "testdata/images"} {
		copyFolder(t, filepath.Join(dir, folder), folder)
	}
	p, err := plan.Load(filepath.Join(dir, path), plan.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	result, err := run.Run(t.Context(), p, run.Options{Jobs: jobs})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Warnings) > 0 || len(result.Warnings) > 0 {
		t.Errorf("it is warned of: %v, %v", p.Warnings, result.Warnings)
	}
	name := strings.TrimSuffix(filepath.Base(path), ".yaml")
	return readFolder(t, filepath.Join(dir, "recipes", "out", name))
}

// copyFolder leaves out what recipes run by hand have saved.
func copyFolder(t *testing.T, to, from string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(to, "out")); err != nil {
		t.Fatal(err)
	}
}

// readFolder gives the files of a folder by name.
func readFolder(t *testing.T, folder string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string]string)
	for _, entry := range entries {
		data, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[entry.Name()] = string(data)
	}
	return files
}

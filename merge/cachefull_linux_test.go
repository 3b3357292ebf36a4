package merge_test

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/loramerge/loramerge/merge/run"
)

// mount puts a file system of a size at a new folder for the length of the test.
func mount(t *testing.T, size string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	if err := unix.Mount("tmpfs", folder, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("mounting is not permitted: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(folder, 0); err != nil {
			t.Error(err)
		}
	})
	return folder
}

func TestFullCache(t *testing.T) {
	dir := mount(t, "32k")
	recipe := work(t, alike(), "m: {ties: [a, b], density: 0.5}", "o: {save: m, to: out}")
	want, _ := makeAnew(t, recipe, run.Options{})
	got, result := makeAnew(t, recipe, run.Options{Cache: openCache(t, filepath.Join(dir, "cache")), CacheMode: run.CacheAll})
	if got.weights != want.weights {
		t.Error("another result")
	}
	if len(result.Warnings) == 0 || !strings.Contains(result.Warnings[0].Error(), "the cache takes no more, the run goes on without") {
		t.Errorf("warnings %v", result.Warnings)
	}
}

// TestReadOnlyRecipeFolder: a lock that can't be written is worth a warning.
func TestReadOnlyRecipeFolder(t *testing.T) {
	dir, out := mount(t, "1m"), filepath.Join(t.TempDir(), "out")
	for name, f := range alike() {
		f.write(t, filepath.Join(dir, name))
	}
	recipe := writeRecipe(t, dir, alike(), "m: {ties: [a, b], density: 0.5}", "o: {save: m, to: "+out+"}")
	if err := unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	result, err := runWith(t, recipe, run.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Outputs) != 1 || len(result.Warnings) != 1 || !strings.Contains(result.Warnings[0].Error(), "the lock can't be written") {
		t.Errorf("outputs %v, warnings %v", result.Outputs, result.Warnings)
	}
	openAdapter(t, out)
}

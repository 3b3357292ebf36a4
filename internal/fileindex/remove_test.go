package fileindex

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func listed(t *testing.T, x *Index) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(x.dir)
	must(t, err)
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func TestPruneKeepsWhatIsTrue(t *testing.T) {
	x := open(t)
	same, gone, changed := newFile(t, "same"), newFile(t, "gone"), newFile(t, "changed")
	for path, content := range map[string]string{same: "same", gone: "gone", changed: "changed"} {
		hash(t, x, path, sumOf(content))
	}
	must(t, os.Remove(gone))
	must(t, os.WriteFile(changed, []byte("something else"), 0o600))
	must(t, os.WriteFile(filepath.Join(x.dir, strings.Repeat("0", 64)+"-whole"), []byte("damaged"), 0o600))
	if removed, err := x.Prune(); err != nil || removed != 3 {
		t.Errorf("Prune = %d, %v, want 3", removed, err)
	}
	if names := listed(t, x); len(names) != 1 {
		t.Errorf("there is %q, want one record", names)
	}
	wantWhole(t, x, same, sumOf("same"))
}

func TestClearLeavesWhatIsForeign(t *testing.T) {
	x, path := open(t), newFile(t, "content")
	hash(t, x, path, sumOf("content"))
	must(t, os.WriteFile(filepath.Join(x.dir, "new-17"), nil, 0o600))
	foreign := []string{"README", "new-", "new-file", strings.Repeat("A", 64) + "-whole", strings.Repeat("a", 62) + "-whole", strings.Repeat("a", 64) + "-half"}
	for _, name := range foreign {
		must(t, os.WriteFile(filepath.Join(x.dir, name), nil, 0o600))
	}
	folder := strings.Repeat("b", 64) + "-whole"
	must(t, os.Mkdir(filepath.Join(x.dir, folder), 0o700))
	must(t, x.Clear())
	want := append(foreign, folder)
	slices.Sort(want)
	if names := listed(t, x); !slices.Equal(names, want) {
		t.Errorf("there is %q, want %q", names, want)
	}
	hash(t, x, path, sumOf("content"))
	wantWhole(t, x, path, sumOf("content"))
}

func TestMissingFolderIsClear(t *testing.T) {
	x := open(t)
	must(t, os.RemoveAll(x.dir))
	must(t, x.Clear())
}

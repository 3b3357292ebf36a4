package outdir

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"testing"
)

// tree is a folder's files and what is in them.
type tree map[string]string

var (
	oldTree = tree{"weights": "old weights", "config": "old config", "gone": "only in the old one"}
	newTree = tree{"weights": "new weights", "config": "new config"}
)

func (files tree) put(t *testing.T, folder string) {
	t.Helper()
	must(t, os.MkdirAll(folder, 0o777))
	for name, text := range files {
		must(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o666))
	}
}

// stage writes files to a fresh Dir; it returns the Dir if there is one, for Abort.
func (files tree) stage(sys calls, target string) (*Dir, error) {
	d, err := sys.stage(target)
	if err != nil {
		return nil, err
	}
	for name, text := range files {
		if err := d.WriteFile(name, []byte(text)); err != nil {
			return d, err
		}
	}
	return d, nil
}

// readTree returns nil if there is no folder.
func readTree(t *testing.T, folder string) tree {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	must(t, err)
	files := tree{}
	for _, entry := range entries {
		data, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		must(t, err)
		files[entry.Name()] = string(data)
	}
	return files
}

func wantTree(t *testing.T, folder string, want tree) {
	t.Helper()
	if got := readTree(t, folder); !maps.Equal(got, want) || (got == nil) != (want == nil) {
		t.Errorf("%s holds %v, want %v", folder, got, want)
	}
}

// wantOnly checks that nothing else is in the folder, hidden things included.
func wantOnly(t *testing.T, folder string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	must(t, err)
	got := tree{}
	for _, entry := range entries {
		got[entry.Name()] = ""
	}
	want := tree{}
	for _, name := range names {
		want[name] = ""
	}
	if !maps.Equal(got, want) {
		t.Errorf("%s lists %v, want %v", folder, got, want)
	}
}

// canExchange returns why folders cannot be exchanged here, or nil.
func canExchange(t *testing.T) error {
	return exchange(t.TempDir(), t.TempDir())
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

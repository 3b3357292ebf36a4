package outdir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sync/errgroup"
)

// Each call is refused in turn: the file is the old one or the new one, and nothing is beside it.
func TestOneFaultInWriteFile(t *testing.T) {
	for _, before := range []string{"", "old"} {
		for n, refused := 1, true; refused; n++ {
			path := filepath.Join(t.TempDir(), "lock.yaml")
			if before != "" {
				must(t, os.WriteFile(path, []byte(before), 0o666))
			}
			f := &refusal{first: n, row: 1, errno: syscall.ENOSPC}
			err := system.before(f.step).putFile(path, []byte("new"))
			wantNamed(t, err, f)
			got := readFile(t, path)
			if got != before && got != "new" || err == nil && got != "new" {
				t.Errorf("fault %d: the file holds %q", n, got)
			}
			if got == "" {
				wantOnly(t, filepath.Dir(path))
			} else {
				wantOnly(t, filepath.Dir(path), "lock.yaml")
			}
			refused = f.path != ""
		}
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return string(data)
}

// What a crash left goes with the next writing.
func TestWriteFileSweeps(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock.yaml")
	tree{"lock": ""}.put(t, filepath.Join(filepath.Dir(path), ".lock.yaml.loramerge-1"))
	tree{"lock.yaml": "half"}.put(t, filepath.Join(filepath.Dir(path), ".lock.yaml.loramerge-1", "new"))
	must(t, WriteFile(path, []byte("whole")))
	wantTree(t, filepath.Dir(path), tree{"lock.yaml": "whole"})
}

func TestWriteFileReplaces(t *testing.T) {
	dir := t.TempDir()
	other, link, folder := filepath.Join(dir, "other"), filepath.Join(dir, "link"), filepath.Join(dir, "folder")
	must(t, os.WriteFile(other, []byte("precious"), 0o666))
	must(t, os.Mkdir(folder, 0o777))
	if err := os.Symlink(other, link); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	must(t, WriteFile(link, []byte("new")))
	if err := WriteFile(folder, []byte("new")); err == nil {
		t.Error("a folder was replaced")
	}
	wantOnly(t, dir, "other", "link", "folder")
	if readFile(t, other) != "precious" || readFile(t, link) != "new" {
		t.Errorf("other holds %q, link %q", readFile(t, other), readFile(t, link))
	}
}

func TestConcurrentWriteFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock.yaml")
	var running errgroup.Group
	for n := range 4 {
		running.Go(func() (err error) {
			for range 25 {
				err = errors.Join(err, WriteFile(path, []byte(fmt.Sprint(n, n, n))))
			}
			return err
		})
	}
	must(t, running.Wait())
	wantOnly(t, filepath.Dir(path), "lock.yaml")
	if text := readFile(t, path); len(text) != len("0 0 0") || text[0] != text[4] {
		t.Errorf("the file holds %q", text)
	}
}

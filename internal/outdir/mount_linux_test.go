package outdir

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// mount puts a small file system at folder for the length of the test.
func mount(t *testing.T, folder string) {
	t.Helper()
	must(t, os.MkdirAll(folder, 0o777))
	if err := unix.Mount("tmpfs", folder, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("mounting is not permitted: %v", err)
	}
	t.Cleanup(func() { must(t, unix.Unmount(folder, 0)) })
}

func TestFullDisk(t *testing.T) {
	parent := t.TempDir()
	mount(t, parent)
	target := filepath.Join(parent, "out")
	oldTree.put(t, target)
	d, err := Stage(target)
	must(t, err)
	err = d.WriteFile("weights", bytes.Repeat([]byte("w"), 1<<20))
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), d.Path("weights")) {
		t.Errorf("WriteFile = %v, want no space left and the path", err)
	}
	must(t, d.Abort())
	wantOldOrNew(t, target, oldTree, false)
}

func TestReadOnlyParent(t *testing.T) {
	parent := t.TempDir()
	mount(t, parent)
	oldTree.put(t, filepath.Join(parent, "out"))
	must(t, unix.Mount("", parent, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""))
	for _, target := range []string{"out", "other", "a/b"} {
		path := filepath.Join(parent, target)
		if _, err := Stage(path); !errors.Is(err, syscall.EROFS) || !strings.Contains(err.Error(), path) {
			t.Errorf("Stage(%s) = %v, want read-only file system and the path", path, err)
		}
	}
	wantOldOrNew(t, filepath.Join(parent, "out"), oldTree, false)
}

// As in a container whose volume is the target itself.
func TestMountedTarget(t *testing.T) {
	target := filepath.Join(t.TempDir(), "out")
	mount(t, target)
	oldTree.put(t, target)
	d, err := newTree.stage(system, target)
	must(t, err)
	if err := d.Commit(); !errors.Is(err, syscall.EBUSY) || !strings.Contains(err.Error(), "a mounted folder, or one of a container's image, can't be replaced: ") || !strings.HasSuffix(err.Error(), "; save to a folder inside it") {
		t.Errorf("Commit = %v, want busy and a remedy", err)
	}
	must(t, d.Abort())
	wantOldOrNew(t, target, oldTree, false)
}

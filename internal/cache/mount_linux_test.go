package cache

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// mount puts a small file system at folder for the length of the test.
func mount(t *testing.T) (folder string) {
	t.Helper()
	folder = t.TempDir()
	if err := unix.Mount("tmpfs", folder, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("mounting is not permitted: %v", err)
	}
	t.Cleanup(func() { must(t, unix.Unmount(folder, 0)) })
	return folder
}

func TestFullDisk(t *testing.T) {
	c, err := Open(mount(t))
	must(t, err)
	must(t, c.Put(named("before"), []byte("before")))
	large := bytes.Repeat([]byte("w"), 1<<20)
	if err := c.Put(named("large"), large); !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "make room") {
		t.Errorf("Put = %v, want no space left and a remedy", err)
	}
	if c.Has(named("large")) || slices.ContainsFunc(tree(t, c.Dir()), isUnfinishedPath) {
		t.Errorf("of what did not fit there is %q", tree(t, c.Dir()))
	}
	must(t, c.Put(named("small"), []byte(small)))
	wantMiss(t, c, named("small"))
	wantHit(t, c, named("before"), "before")
}

func isUnfinishedPath(path string) bool { return strings.Contains(path, unfinishedPrefix) }

func TestReadOnlyFolderIsRead(t *testing.T) {
	folder := mount(t)
	c, err := Open(folder)
	must(t, err)
	must(t, c.Put(named("before"), []byte("before")))
	must(t, unix.Mount("", folder, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""))

	c, err = Open(folder)
	if !errors.Is(err, syscall.EROFS) {
		t.Errorf("Open = %v, want a read-only file system", err)
	}
	must(t, c.Put(named("after"), []byte("after")))
	wantMiss(t, c, named("after"))
	wantHit(t, c, named("before"), "before")
}

package outdir

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// leftBehind makes what a crashed run leaves and returns its lock file.
func leftBehind(t *testing.T, target string) string {
	t.Helper()
	folder := filepath.Join(filepath.Dir(target), ".out.loramerge-1")
	tree{"lock": ""}.put(t, folder)
	newTree.put(t, filepath.Join(folder, "new"))
	return filepath.Join(folder, "lock")
}

// A sweep that comes between the making of a folder and its lock takes the folder; the run takes another.
func TestSweepBeforeLock(t *testing.T) {
	target := filepath.Join(t.TempDir(), "out")
	swept := false
	sys := system.before(func(call, path string) error {
		if call == "Lock" && !swept {
			swept = true
			return Sweep(target)
		}
		return nil
	})
	d, err := newTree.stage(sys, target)
	must(t, err)
	must(t, d.Commit())
	wantOldOrNew(t, target, nil, true)
}

// A run that has opened the lock before a sweep locked it may not get it as long as its file is there.
func TestSweepHoldsLockUntilItIsGone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("an open file cannot be removed here")
	}
	target := filepath.Join(t.TempDir(), "out")
	lockFile := leftBehind(t, target)
	tried := false
	sys := system.before(func(call, path string) error {
		if path != lockFile || call != "Remove" {
			return nil
		}
		tried = true
		if _, err := takeLock(path, 0); !errors.Is(err, errHeld) {
			t.Errorf("before the removal: %v, want held", err)
		}
		return nil
	})
	must(t, sys.sweep(target))
	if !tried {
		t.Error("the lock was not removed by itself")
	}
	wantOnly(t, filepath.Dir(target))
}

// A run that puts its lock into a folder from which a sweep has just removed the former one keeps the folder.
func TestSweepLeavesFolderToNewcomer(t *testing.T) {
	target := filepath.Join(t.TempDir(), "out")
	lockFile := leftBehind(t, target)
	folder := filepath.Dir(lockFile)
	sys := system.before(func(call, path string) error {
		if path != folder || call != "Remove" {
			return nil
		}
		lock, err := takeLock(lockFile, os.O_CREATE)
		must(t, err)
		t.Cleanup(func() { must(t, lock.Close()) })
		return nil
	})
	must(t, sys.sweep(target))
	wantOnly(t, folder, "lock")
}

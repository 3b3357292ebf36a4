package outdir

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestSweepSparesLivingRun(t *testing.T) {
	parent := t.TempDir()
	target := filepath.Join(parent, "out")
	d, err := newTree.stage(system, target)
	must(t, err)
	must(t, Sweep(target))
	must(t, d.Commit())
	wantTree(t, target, newTree)
}

func TestSweepSparesWhatIsNotOurs(t *testing.T) {
	parent := t.TempDir()
	names := []string{
		".other.loramerge-1", ".out.loramerge-", ".out.loramerge-1x", ".out.loramerge-x1", "out.loramerge-1",
		".out.loramerge-2.loramerge-1", ".out",
	}
	for _, name := range names {
		tree{"lock": "", "new": ""}.put(t, filepath.Join(parent, name))
	}
	tree{"no-lock": ""}.put(t, filepath.Join(parent, ".out.loramerge-7"))
	must(t, os.WriteFile(filepath.Join(parent, ".out.loramerge-8"), nil, 0o666))
	must(t, Sweep(filepath.Join(parent, "out")))
	wantOnly(t, parent, append(names, ".out.loramerge-7", ".out.loramerge-8")...)
}

func TestSweepDoesNotFollowLinks(t *testing.T) {
	parent := t.TempDir()
	outside := filepath.Join(parent, "outside")
	tree{"lock": "", "new": "", "old": ""}.put(t, outside)
	if err := os.Symlink(outside, filepath.Join(parent, ".out.loramerge-1")); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	work := filepath.Join(parent, ".out.loramerge-2")
	tree{}.put(t, work)
	must(t, os.Symlink(filepath.Join(outside, "lock"), filepath.Join(work, "lock")))
	must(t, Sweep(filepath.Join(parent, "out")))
	wantTree(t, outside, tree{"lock": "", "new": "", "old": ""})
	wantOnly(t, parent, "outside", ".out.loramerge-1", ".out.loramerge-2")
}

func TestSweepRestores(t *testing.T) {
	for name, test := range map[string]struct{ target, want tree }{
		"target missing": {nil, oldTree},
		"target there":   {newTree, newTree},
	} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			target, work := filepath.Join(parent, "out"), filepath.Join(parent, ".out.loramerge-1")
			if test.target != nil {
				test.target.put(t, target)
			}
			oldTree.put(t, filepath.Join(work, "old"))
			tree{"lock": ""}.put(t, work)
			newTree.put(t, filepath.Join(work, "new"))
			must(t, Sweep(target))
			wantTree(t, target, test.want)
			wantOnly(t, parent, "out")
		})
	}
}

func TestOneFaultInSweep(t *testing.T) {
	for n, refused := 1, true; refused; n++ {
		parent := t.TempDir()
		target, work := filepath.Join(parent, "out"), filepath.Join(parent, ".out.loramerge-1")
		oldTree.put(t, filepath.Join(work, "old"))
		tree{"lock": ""}.put(t, work)
		tree{}.put(t, filepath.Join(parent, ".out.loramerge-2"))
		f := &refusal{first: n, row: 1, errno: syscall.EIO}
		wantNamed(t, system.before(f.step).sweep(target), f)
		must(t, Sweep(target))
		wantOldOrNew(t, target, oldTree, false)
		refused = f.path != ""
	}
}

// The work folder of another user's run cannot be looked into.
func TestSweepSparesOtherUsers(t *testing.T) {
	target := filepath.Join(t.TempDir(), "out")
	lockFile := leftBehind(t, target)
	sys := system.before(func(call, path string) error {
		if path == lockFile {
			return &fs.PathError{Op: call, Path: path, Err: syscall.EACCES}
		}
		return nil
	})
	must(t, sys.sweep(target))
	wantTree(t, filepath.Join(filepath.Dir(lockFile), "new"), newTree)
}

func TestSweepWithoutParent(t *testing.T) {
	must(t, Sweep(filepath.Join(t.TempDir(), "missing", "out")))
}

func TestLockOfRemovedFileIsNone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	lock, err := takeLock(path, os.O_CREATE)
	must(t, err)
	defer lock.Close()
	must(t, stillThere(lock))
	if err := os.Remove(path); err != nil {
		t.Skipf("locked files cannot be removed here: %v", err)
	}
	if err := stillThere(lock); !raced(err) {
		t.Errorf("removed: %v, want raced", err)
	}
	must(t, os.WriteFile(path, nil, 0o666))
	if err := stillThere(lock); !raced(err) {
		t.Errorf("replaced: %v, want raced", err)
	}
}

package outdir

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gofrs/flock"
)

// work is a work folder, of this run or of a crashed one.
type work struct {
	sys    calls
	target string
	folder string // empty before it is made and after it is removed
	lock   *flock.Flock
}

func (w *work) staged() string   { return filepath.Join(w.folder, "new") }
func (w *work) aside() string    { return filepath.Join(w.folder, "old") }
func (w *work) lockFile() string { return filepath.Join(w.folder, "lock") }

// open makes the work folder. It has raced if a sweep took the folder before the lock was in it.
func (w *work) open() (err error) {
	w.folder, err = w.sys.MkdirTemp(filepath.Dir(w.target), workPattern(w.target))
	if err != nil {
		return err
	}
	w.lock, err = w.sys.Lock(w.lockFile(), os.O_CREATE)
	// Where there are no locks, none can be taken either: no sweep will touch the folder.
	if err != nil && !unsupported(err) {
		return err
	}
	return w.sys.Mkdir(w.staged(), 0o777)
}

// restore puts the old target back if it is the only one left.
func (w *work) restore() error {
	_, err := w.sys.Lstat(w.target)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := w.sys.Rename(w.aside(), w.target); !raced(err) {
		return err
	}
	return nil
}

// remove removes the work folder. The lock goes last, and only when the rest is gone: a folder with content
// and without a lock would never be swept.
func (w *work) remove() error {
	if w.folder == "" {
		return nil
	}
	err := w.empty()
	if err == nil {
		err = w.removeLock()
	}
	if err = errors.Join(err, w.unlock()); err != nil {
		return err
	}
	// It is not empty if a run that began while it was swept has put its own lock there: then it is that run's.
	if err := w.sys.Remove(w.folder); err != nil && !raced(err) {
		return err
	}
	w.folder = ""
	return nil
}

func (w *work) empty() error {
	if err := w.restore(); err != nil {
		return err
	}
	return errors.Join(w.sys.RemoveAll(w.staged()), w.sys.RemoveAll(w.aside()))
}

// removeLock removes the lock while it is held: a process that has opened it and not yet locked it then gets
// the lock of a removed file, which stillThere detects. Windows cannot remove an open file, so there the
// removal itself fails for the process that comes too late.
func (w *work) removeLock() error {
	if runtime.GOOS == "windows" {
		if err := w.unlock(); err != nil {
			return err
		}
	}
	err := w.sys.Remove(w.lockFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (w *work) unlock() error {
	if w.lock == nil {
		return nil
	}
	return w.lock.Close()
}

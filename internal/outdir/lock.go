package outdir

import (
	"errors"
	"fmt"
	"os"

	"github.com/gofrs/flock"
)

// errHeld says that another run has the lock, or had it and removed the file.
var errHeld = errors.New("locked by another run")

// takeLock locks the file at path without waiting; flag is os.O_CREATE or 0. The caller closes the lock.
func takeLock(path string, flag int) (*flock.Flock, error) {
	lock := flock.New(path, flock.SetFlag(os.O_RDWR|flag))
	taken, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	if !taken {
		return nil, fmt.Errorf("lock %s: %w", path, errHeld)
	}
	if err := stillThere(lock); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return lock, nil
}

// stillThere guards against the lock of a file that was removed between its opening and its locking:
// such a lock excludes nobody.
func stillThere(lock *flock.Flock) error {
	locked, err := lock.Stat()
	if err != nil {
		return err
	}
	named, err := os.Lstat(lock.Path())
	if err != nil {
		return err
	}
	if !os.SameFile(locked, named) {
		return fmt.Errorf("lock %s: %w", lock.Path(), errHeld)
	}
	return nil
}

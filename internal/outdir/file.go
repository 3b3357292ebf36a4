package outdir

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/loramerge/loramerge/internal/leftover"
)

// WriteFile puts a file at path, whole or not at all, by way of a work folder beside it. What crashed runs
// left there is swept first. A link at path is replaced, not followed; a folder there is an error.
func WriteFile(path string, data []byte) error { return system.putFile(filepath.Clean(path), data) }

func (c calls) putFile(path string, data []byte) error {
	if err := c.sweep(path); err != nil {
		return err
	}
	defer leftover.Hold()()
	w := &work{sys: c, target: path}
	err := w.putFile(data)
	if failed := w.remove(); failed != nil {
		err = errors.Join(err, failed, w.remove()) // what failed once may not fail again
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// putFile syncs the content before it gets its name: a crash may not leave an empty file.
func (w *work) putFile(data []byte) error {
	if err := whileRaced(w.open); err != nil {
		return err
	}
	staged := filepath.Join(w.staged(), filepath.Base(w.target))
	if err := w.sys.WriteFile(staged, data, 0o666); err != nil {
		return err
	}
	if err := w.sys.SyncFile(staged); err != nil {
		return err
	}
	return w.sys.Rename(staged, w.target)
}

package outdir

import (
	"errors"
	"fmt"
	"path/filepath"
	"syscall"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/leftover"
)

// Commit syncs what was written, puts it at the target and removes what it replaces. After an error the
// target is the old folder or the new one, whole, and Abort removes the rest; the error says so if it is
// already the new one. It panics after a Commit that placed the folder, and after Abort.
func (d *Dir) Commit() error {
	if d.placed || d.work.folder == "" {
		panic("outdir: Commit after Commit or Abort")
	}
	if err := d.sync(); err != nil {
		return fmt.Errorf("save to %s: %w", d.work.target, err)
	}
	defer leftover.Hold()()
	if err := whileRaced(d.work.place); err != nil {
		return fault.Wrap(explain(err), "save to %s", d.work.target)
	}
	d.placed = true
	if err := d.settle(); err != nil {
		return fmt.Errorf("%s is saved, but what follows failed: %w", d.work.target, err)
	}
	return nil
}

// place has raced if the target came or went since it was looked at.
func (w *work) place() error {
	present, err := w.sys.present(w.target)
	if err != nil {
		return err
	}
	if !present {
		return w.sys.Rename(w.staged(), w.target)
	}
	if err := w.sys.Exchange(w.staged(), w.target); !unsupported(err) {
		return err
	}
	return w.moveAside()
}

// moveAside replaces the target in two steps, where the system cannot do it in one.
func (w *work) moveAside() error {
	// If an earlier try moved a target aside, the present one has come after it.
	if err := w.sys.RemoveAll(w.aside()); err != nil {
		return err
	}
	if err := w.sys.Rename(w.target, w.aside()); err != nil {
		return err
	}
	if err := w.sys.Rename(w.staged(), w.target); err != nil {
		return errors.Join(err, w.restore())
	}
	return nil
}

// explain adds a remedy to the refusals of rename(2) that repeating does not help: EBUSY for a mount point,
// EXDEV for the folder of a container image's lower layer.
func explain(err error) error {
	if errors.Is(err, syscall.EBUSY) || errors.Is(err, syscall.EXDEV) {
		return fault.New("a mounted folder, or one of a container's image, can't be replaced").Because(err).Mend("save to a folder inside it")
	}
	return err
}

// settle makes the new name durable before the old folder goes.
func (d *Dir) settle() error {
	if err := d.work.sys.SyncFolder(filepath.Dir(d.work.target)); err != nil {
		return err
	}
	for _, path := range d.made {
		if err := d.work.sys.SyncFolder(filepath.Dir(path)); err != nil {
			return err
		}
	}
	if err := d.work.remove(); err != nil {
		return err
	}
	d.forget()
	return nil
}

package outdir

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
)

// Sweep removes what crashed runs left beside target; if one of them had moved the target aside and there
// is none now, Sweep puts it back. Living runs, runs of other users and everything else are left alone.
// It is meant to go before [Stage].
func Sweep(target string) error { return system.sweep(target) }

func (c calls) sweep(target string) error {
	target = filepath.Clean(target)
	if err := checkName(target); err != nil {
		return err
	}
	folders, err := c.workFolders(target)
	if err != nil {
		return fmt.Errorf("sweep beside %s: %w", target, err)
	}
	var failed error
	for _, folder := range folders {
		w := work{sys: c, target: target, folder: folder}
		if err := w.sweep(); err != nil {
			failed = errors.Join(failed, fmt.Errorf("sweep %s: %w", folder, err))
		}
	}
	return failed
}

func (c calls) workFolders(target string) (paths []string, err error) {
	parent := filepath.Dir(target)
	entries, err := c.ReadDir(parent)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, entry := range entries {
		if entry.IsDir() && isWork(entry.Name(), target) {
			paths = append(paths, filepath.Join(parent, entry.Name()))
		}
	}
	return paths, err
}

func (w *work) sweep() (err error) {
	w.lock, err = w.sys.Lock(w.lockFile(), 0)
	switch {
	case err == nil:
		return w.remove()
	case errors.Is(err, fs.ErrNotExist):
		return w.removeIfEmpty()
	case errors.Is(err, errHeld), errors.Is(err, fs.ErrPermission), unsupported(err):
		return nil
	}
	return err
}

// removeIfEmpty removes what a run left that ended before it had its lock. If that run lives after all,
// it begins again with another folder.
func (w *work) removeIfEmpty() error {
	if err := w.sys.Remove(w.folder); !raced(err) {
		return err
	}
	return nil
}

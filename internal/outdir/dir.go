package outdir

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/loramerge/loramerge/internal/leftover"
)

// Dir is a folder under construction. Files may be written in parallel; Commit and Abort come after them.
type Dir struct {
	work   work
	made   []string // parents of the target that were missing, outermost first
	placed bool
	forget func() // that the folder is registered as leftover
}

// Stage begins a folder that will be put at target, and makes target's parents as needed. Nothing is at
// target before [Dir.Commit], and [Dir.Abort] takes everything back.
//
// A target that is a symbolic link or no folder is an error, as is a path that does not end in a name.
func Stage(target string) (*Dir, error) { return system.stage(target) }

func (c calls) stage(target string) (*Dir, error) {
	target = filepath.Clean(target)
	if err := checkName(target); err != nil {
		return nil, err
	}
	if _, err := c.present(target); err != nil {
		return nil, err
	}
	defer leftover.Hold()()
	d := &Dir{work: work{sys: c, target: target}}
	d.forget = leftover.Register(d.abort)
	if err := whileRaced(d.open); err != nil {
		return nil, errors.Join(fmt.Errorf("prepare %s: %w", target, err), d.abort())
	}
	return d, nil
}

// open has raced if another run's Abort removed the parent that it had made.
func (d *Dir) open() error {
	made, err := d.work.sys.makeFolders(filepath.Dir(d.work.target))
	d.made = append(d.made, made...)
	if err != nil {
		return err
	}
	return d.work.open()
}

// Path is where the file of that name is to be written. It panics unless name is a single name.
// Whoever writes there need not sync: Commit does.
func (d *Dir) Path(name string) string {
	if !filepath.IsLocal(name) || name == "." || filepath.Base(name) != name {
		panic(fmt.Sprintf("outdir: %q is not the name of a file", name))
	}
	return filepath.Join(d.work.staged(), name)
}

// WriteFile writes a whole file. Like Path it panics unless name is a single name.
func (d *Dir) WriteFile(name string, data []byte) error {
	return d.work.sys.WriteFile(d.Path(name), data, 0o666)
}

// Abort removes everything that Stage and the writing made, parents included as far as they are empty.
// After a Commit that succeeded it does nothing, so it can be deferred; after one that failed it removes
// what Commit could not. It may be called again after an error.
func (d *Dir) Abort() error {
	defer leftover.Hold()()
	return d.abort()
}

func (d *Dir) abort() error {
	if err := d.work.remove(); err != nil || d.placed {
		return err
	}
	return d.removeParents()
}

func (d *Dir) removeParents() (failed error) {
	for _, path := range slices.Backward(d.made) {
		// Another run may already have put something into the folder, or have removed it.
		if err := d.work.sys.Remove(path); !raced(err) {
			failed = errors.Join(failed, err)
		}
	}
	if failed == nil {
		d.made = nil
		d.forget()
	}
	return failed
}

// sync makes every file and every name in the staged folder durable.
func (d *Dir) sync() error {
	sys := d.work.sys
	return sys.WalkDir(d.work.staged(), func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return sys.SyncFolder(path)
		case entry.Type().IsRegular():
			return sys.SyncFile(path)
		}
		return nil
	})
}

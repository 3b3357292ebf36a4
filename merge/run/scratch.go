package run

import (
	"cmp"
	"errors"
	"os"
	"path/filepath"

	"github.com/loramerge/loramerge/internal/outdir"
)

// scratch is a folder that is not to outlive the run. If the process is killed, a later run removes it.
type scratch struct {
	path string
	dir  *outdir.Dir // nil for none
}

// scratchFolder creates one in a folder, or where the system has its temporary files.
func scratchFolder(in string) (s scratch, err error) {
	in = cmp.Or(in, os.TempDir())
	if _, err := os.Stat(in); err != nil {
		return scratch{}, err // Stage would make it
	}
	target := filepath.Join(in, "loramerge-shown")
	_ = outdir.Sweep(target) // what can't be removed is in nobody's way
	if s.dir, err = outdir.Stage(target); err != nil {
		return scratch{}, err
	}
	s.path = s.dir.Path("shown")
	return s, os.Mkdir(s.path, 0o777)
}

// remove joins an error that it meets to another one.
func (s scratch) remove(err error) error {
	if s.dir == nil {
		return err
	}
	if failed := s.dir.Abort(); failed != nil {
		return errors.Join(err, failed)
	}
	return err
}

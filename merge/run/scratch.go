package run

import (
	"errors"
	"os"

	"github.com/loramerge/loramerge/internal/leftover"
)

// scratch is a file or folder that is not to outlive the process.
type scratch struct {
	path   string
	forget func()
}

// scratchFolder creates one in dir, or where the system has its temporary files.
func scratchFolder(dir, pattern string) (scratch, error) {
	defer leftover.Hold()()
	path, err := os.MkdirTemp(dir, pattern)
	if err != nil {
		return scratch{}, err
	}
	return registered(path), nil
}

func scratchFile(dir, pattern string) (scratch, error) {
	defer leftover.Hold()()
	file, err := os.CreateTemp(dir, pattern)
	if err != nil {
		return scratch{}, err
	}
	return registered(file.Name()), file.Close()
}

func registered(path string) scratch {
	return scratch{path, leftover.Register(func() error { return os.RemoveAll(path) })}
}

// remove joins an error that it meets to another one.
func (s scratch) remove(err error) error {
	if s.path == "" {
		return err
	}
	s.forget()
	if failed := os.RemoveAll(s.path); failed != nil {
		return errors.Join(err, failed)
	}
	return err
}

// keep leaves it where it is.
func (s scratch) keep() { s.forget() }

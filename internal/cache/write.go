package cache

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/loramerge/loramerge/internal/leftover"
)

// unfinishedPrefix begins the names of files that are being written.
const unfinishedPrefix = "new-"

// write puts a file at path, whole or not at all.
//
// Nothing is synced: after a power cut the file may be empty or wrong, and
// reading it finds that out.
func (c *Cache) write(path string, parts ...[]byte) error {
	return persist(func() error { return c.tryWrite(path, parts) })
}

// persist tries again when another process's Clear has taken the folder or the
// unfinished file away. That doesn't happen ten times in a row.
func persist(try func() error) (err error) {
	for range 10 {
		if err = try(); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return err
}

func (c *Cache) tryWrite(path string, parts [][]byte) error {
	file, forget, err := createIn(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer forget()
	if err = c.fill(file, parts); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(file.Name()))
	}
	return err
}

// createIn creates an unfinished file that is the user's alone, and its folder
// as needed.
func createIn(folder string) (file *os.File, forget func(), err error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, nil, err
	}
	defer leftover.Hold()()
	file, err = os.CreateTemp(folder, unfinishedPrefix+"*")
	if err != nil {
		return nil, nil, err
	}
	return file, leftover.Register(func() error { return os.Remove(file.Name()) }), nil
}

func (c *Cache) fill(file *os.File, parts [][]byte) error {
	for _, part := range parts {
		if _, err := file.Write(part); err != nil {
			file.Close()
			return err
		}
	}
	return errors.Join(c.clock.see(file), file.Close())
}

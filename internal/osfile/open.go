package osfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// ErrNotRegular is within the error for what is no regular file.
var ErrNotRegular = errors.New("not a regular file; copy what it yields to one")

// Open opens a regular file for reading.
func Open(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: path, Err: ErrNotRegular}
	}
	return os.Open(path)
}

// ReadUpTo reads the first bytes of a regular file, at most so many. Ask for one more
// than may be there to find out that there are too many.
func ReadUpTo(path string, most int64) ([]byte, error) {
	file, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, most))
}

package overwrite

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/outdir"
)

// CheckFile refuses a file that may not be written. Its error is a Fault.
func (r Rule) CheckFile(path string, foreign Foreign) error {
	_, _, err := r.file(path, foreign)
	return err
}

// WriteFile puts a file at path, whole or not at all, if it may be there. A symbolic link
// is followed, and a device or a pipe is written to as it is.
func (r Rule) WriteFile(path string, data []byte, foreign Foreign) error {
	end, stream, err := r.file(path, foreign)
	switch {
	case err != nil:
		return err
	case stream:
		return os.WriteFile(end, data, 0)
	}
	return outdir.WriteFile(end, data)
}

// Append opens a file to append to it, if that is allowed. Close it.
func (r Rule) Append(path string, foreign Foreign) (*os.File, error) {
	end, _, err := r.file(path, foreign)
	if err != nil {
		return nil, err
	}
	return os.OpenFile(end, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
}

const another = "name another file"

// file gives where a path leads, and whether what is written there is gone from sight.
func (r Rule) file(path string, foreign Foreign) (end string, stream bool, err error) {
	refuse := func(refused *fault.Fault) (string, bool, error) { return "", false, refused.Mend(another) }
	if err := r.spares(path, another); err != nil {
		return "", false, err
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Lstat(path); err == nil {
			return refuse(fault.New("%s is a symbolic link that leads nowhere", path))
		}
		return filepath.Clean(path), false, nil
	case err != nil:
		return refuse(fault.New("this can't be written").Because(err))
	case info.IsDir():
		return refuse(fault.New("%s is a folder", path))
	case info.Mode().Type() == fs.ModeDevice:
		return refuse(fault.New("%s is a disk", path))
	case !info.Mode().IsRegular():
		return path, true, nil
	}
	if end, err = filepath.EvalSymlinks(path); err != nil {
		return refuse(fault.New("this can't be written").Because(err))
	}
	return end, false, r.allows(path, another, foreign)
}

// Begins makes a Foreign of files: those that loramerge made are known by their first
// bytes, of which it looks at most at 4096. An empty file is nobody's.
func Begins(known func(head []byte) bool) Foreign {
	return func(path string) (string, error) {
		file, err := os.Open(path)
		if err != nil {
			return "", err
		}
		defer file.Close()
		head := make([]byte, 4096)
		n, err := file.ReadAt(head, 0)
		if n > 0 && !known(head[:n]) {
			return "is there already, and loramerge did not make it", nil
		}
		if n == 0 && !errors.Is(err, io.EOF) {
			return "", err
		}
		return "", nil
	}
}

// Anothers is the Foreign of files that are their author's as soon as they are there, such
// as recipes.
func Anothers(string) (string, error) { return "is there already", nil }

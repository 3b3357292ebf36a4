package tensorfile

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// reserve gives the file its size and, where the file system can, its blocks,
// so that a disk that is too full fails here.
func reserve(file *os.File, size int64) error {
	for {
		err := unix.Fallocate(int(file.Fd()), 0, 0, size)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, errors.ErrUnsupported):
			return file.Truncate(size)
		}
		return err
	}
}

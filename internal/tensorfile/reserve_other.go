//go:build !linux

package tensorfile

import "os"

// reserve gives the file its size.
func reserve(file *os.File, size int64) error {
	return file.Truncate(size)
}

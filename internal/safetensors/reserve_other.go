//go:build !linux

package safetensors

import "os"

// reserve gives the file its size.
func reserve(file *os.File, size int64) error {
	return file.Truncate(size)
}

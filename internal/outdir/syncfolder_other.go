//go:build !windows

package outdir

import (
	"errors"
	"os"
)

// syncFolder makes the names in a folder durable. Some network file systems cannot, and need not stop a run.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	err = folder.Sync()
	if unsupported(err) {
		err = nil
	}
	return errors.Join(err, folder.Close())
}

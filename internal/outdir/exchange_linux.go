package outdir

import (
	"os"

	"golang.org/x/sys/unix"
)

// exchange lets two folders swap names in one step, as renameat2(2) does.
func exchange(a, b string) error {
	err := unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE)
	if err != nil {
		return &os.LinkError{Op: "exchange", Old: a, New: b, Err: err}
	}
	return nil
}

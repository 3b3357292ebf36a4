package tensorfile

import (
	"os"

	"golang.org/x/sys/unix"
)

// startWriting has the system begin to write a range to the disk, so that the sync at
// the end finds little left. It promises nothing; that is the sync's.
func startWriting(file *os.File, from, size int64) {
	_ = unix.SyncFileRange(int(file.Fd()), from, size, unix.SYNC_FILE_RANGE_WRITE)
}

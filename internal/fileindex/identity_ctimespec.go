//go:build darwin || freebsd || netbsd

package fileindex

import (
	"os"
	"syscall"
)

func inode(info os.FileInfo) (device, inode uint64, changed int64) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, 0
	}
	return uint64(stat.Dev), uint64(stat.Ino), stat.Ctimespec.Nano()
}

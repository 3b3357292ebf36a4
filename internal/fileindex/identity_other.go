//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly || solaris || aix)

package fileindex

import "os"

func inode(os.FileInfo) (device, inode uint64, changed int64) { return 0, 0, 0 }

package fileindex

import (
	"os"
	"time"
)

// identity is what stat says of a file. When a file is written, replaced, or its
// modification time is set, at least one of the fields changes, within what the
// package's documentation says of clocks.
type identity struct {
	// Device and Inode identify the file: one that is moved to the path of
	// another has another inode. They are 0 where os.FileInfo lacks them.
	Device, Inode uint64
	Size          int64 // bytes
	// Modified is the time of the last writing, which anyone may set.
	Modified int64 // Unix time, ns
	// Changed is the time of the last change to the file or its inode, which
	// nobody can set. It is 0 where os.FileInfo lacks it.
	Changed int64 // Unix time, ns
}

func idOf(info os.FileInfo) identity {
	id := identity{Size: info.Size(), Modified: info.ModTime().UnixNano()}
	id.Device, id.Inode, id.Changed = inode(info)
	return id
}

// settling is the longest step of a file system's clock, FAT's.
const settling = 2 * time.Second

// settled reports whether a change at that time or later would show in the identity.
func (id identity) settled(then time.Time) bool {
	return then.Sub(time.Unix(0, max(id.Modified, id.Changed))) >= settling
}

// Package lfs recognises Git LFS pointer files: the few lines of text that
// stand where a large file would be when a repository was cloned without
// git-lfs, or before its files were fetched. It fetches nothing itself.
package lfs

import "bytes"

// signature opens every pointer file; the version that follows it may change.
// https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
const signature = "version https://git-lfs.github.com/spec/"

// PrefixSize is how many leading bytes of a file IsPointer needs to see.
const PrefixSize = len(signature)

// Remedy is what to tell the person who gave a pointer in place of the file.
const Remedy = "run `git lfs pull` in its repository to fetch the real file"

// IsPointer reports whether a file that begins with prefix is a Git LFS
// pointer. A prefix shorter than PrefixSize never is.
func IsPointer(prefix []byte) bool {
	return bytes.HasPrefix(prefix, []byte(signature))
}

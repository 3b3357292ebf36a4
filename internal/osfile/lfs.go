package osfile

import "bytes"

// lfsSignature opens every pointer file of Git LFS; the version that follows it may change.
// https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
const lfsSignature = "version https://git-lfs.github.com/spec/"

// LFSPrefixSize is how many leading bytes of a file IsLFSPointer needs to see.
const LFSPrefixSize = len(lfsSignature)

// LFSRemedy is the remedy for a pointer instead of the file.
const LFSRemedy = "run `git lfs pull` in its repository to fetch the real file"

// IsLFSPointer reports whether a file that begins with prefix is a Git LFS
// pointer. A prefix shorter than LFSPrefixSize never is.
func IsLFSPointer(prefix []byte) bool {
	return bytes.HasPrefix(prefix, []byte(lfsSignature))
}

package hub

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"

	"github.com/loramerge/loramerge/internal/fault"
)

// blobForm is where a cache keeps content.
var blobForm = regexp.MustCompile(`(?:^|/)models--[\w.-]+/blobs/([0-9a-f]{40}|[0-9a-f]{64})$`)

// Blob is the name of the content that a path leads to in a cache; empty of any other file. The name of a large one is
// its SHA-256, that of another the hash that git gives it, the SHA-1 of "blob SIZE", a zero byte and the content.
func Blob(path string) string {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "" // who reads it says so
	}
	if named := blobForm.FindStringSubmatch(filepath.ToSlash(real)); named != nil {
		return named[1]
	}
	return ""
}

// CheckBlob refuses a file of a cache whose content is not what its name there says. The Fault has no remedy: the
// file is to be fetched again. sha256sum is the content's SHA-256 in hexadecimal, if it is known.
func CheckBlob(path, sha256sum string) error {
	name := Blob(path)
	if name == "" {
		return nil
	}
	is := sha256sum
	if len(name) < hex.EncodedLen(sha256.Size) || is == "" {
		var err error
		if is, err = hashAs(name, path); err != nil {
			return unreadable(path, err)
		}
	}
	if is == name {
		return nil
	}
	return fault.In(path, "is damaged in the Hub's local cache: its hash is %s, and the Hub's is %s", is, name)
}

// hashAs is the hash of the kind that a blob has for its name.
func hashAs(name, path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	if len(name) < hex.EncodedLen(sha256.Size) {
		info, err := file.Stat()
		if err != nil {
			return "", err
		}
		sum = sha1.New()
		sum.Write(fmt.Appendf(nil, "blob %d\x00", info.Size())) // never fails
	}
	if _, err := io.Copy(sum, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

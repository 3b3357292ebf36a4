package cache

import (
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// level is one of the cache's two folders. A file's place in it follows
// from a SHA-256: 64 hex digits, in a folder called by the first two of them, since
// some file systems are slow with many files in one folder.
type level string

func (l level) path(sum [32]byte) string {
	digits := hex.EncodeToString(sum[:])
	return filepath.Join(string(l), digits[:2], digits)
}

// file is a file of ours.
type file struct {
	path     string
	sum      [32]byte // zero for an unfinished file
	size     int64    // bytes
	modified time.Time
}

// list returns the files in their places and those that were being written when
// it looked, or when their writer was killed. Whatever else is in the folders is
// foreign, and links are not followed.
func (l level) list() (files, unfinished []file, err error) {
	folders, err := l.folders()
	for _, folder := range append(folders, string(l)) {
		found, readErr := regularFiles(folder)
		err = errors.Join(err, readErr)
		for _, f := range found {
			switch sum, ok := parseSum(filepath.Base(f.path)); {
			case ok && l.path(sum) == f.path:
				f.sum = sum
				files = append(files, f)
			case isUnfinished(filepath.Base(f.path)):
				unfinished = append(unfinished, f)
			}
		}
	}
	return files, unfinished, err
}

func regularFiles(folder string) (files []file, err error) {
	entries, err := readFolder(folder)
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue // it has vanished, or is foreign
		}
		files = append(files, file{path: filepath.Join(folder, entry.Name()), size: info.Size(), modified: info.ModTime()})
	}
	return files, err
}

// folders returns the paths of the folders that files are in.
func (l level) folders() (paths []string, err error) {
	entries, err := readFolder(string(l))
	for _, entry := range entries {
		digits, hexErr := hex.DecodeString(entry.Name())
		if entry.IsDir() && hexErr == nil && len(digits) == 1 {
			paths = append(paths, filepath.Join(string(l), entry.Name()))
		}
	}
	return paths, err
}

// readFolder reads a folder that may be missing, or vanish; a link to one is not read.
func readFolder(path string) (entries []fs.DirEntry, err error) {
	info, err := os.Lstat(path)
	if err == nil && info.IsDir() {
		entries, err = os.ReadDir(path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return entries, err
}

func parseSum(name string) (sum [32]byte, ok bool) {
	digits, err := hex.DecodeString(name)
	if err != nil || len(digits) != len(sum) {
		return sum, false
	}
	return [32]byte(digits), true
}

func isUnfinished(name string) bool {
	number, ok := strings.CutPrefix(name, unfinishedPrefix)
	return ok && number != "" && strings.Trim(number, "0123456789") == ""
}

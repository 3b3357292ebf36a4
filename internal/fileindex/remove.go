package fileindex

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Prune removes the records of files that have changed or are gone, and returns
// how many.
func (x *Index) Prune() (removed int, err error) { return x.remove(stale) }

// Clear removes all records. What else is in the folder stays.
func (x *Index) Clear() error {
	_, err := x.remove(func(string) bool { return true })
	return err
}

// remove needs no care for files that are being written: without them, their
// process remembers nothing.
func (x *Index) remove(which func(place string) bool) (removed int, failed error) {
	entries, err := os.ReadDir(x.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		failed = fmt.Errorf("list file index: %w", err)
	}
	for _, entry := range entries {
		place := filepath.Join(x.dir, entry.Name())
		if !entry.Type().IsRegular() || !isOurs(entry.Name()) || !which(place) {
			continue
		}
		switch err := os.Remove(place); {
		case err == nil:
			removed++
		case !errors.Is(err, fs.ErrNotExist):
			failed = errors.Join(failed, fmt.Errorf("remove from file index: %w", err))
		}
	}
	return removed, failed
}

func isOurs(name string) bool {
	if number, ok := strings.CutPrefix(name, unfinishedPrefix); ok {
		return number != "" && strings.Trim(number, "0123456789") == ""
	}
	digits, k, _ := strings.Cut(name, "-")
	sum, err := hex.DecodeString(digits)
	return err == nil && len(sum) == len(Sum{}) && digits == strings.ToLower(digits) && (kind(k) == whole || kind(k) == ranges)
}

// stale reports whether the record at a place is of no file that there is.
func stale(place string) bool {
	r, err := readRecord(place)
	if err != nil {
		return true
	}
	info, err := os.Stat(r.Path)
	return err != nil || idOf(info) != r.Identity
}

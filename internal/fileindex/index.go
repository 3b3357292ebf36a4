package fileindex

import (
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Index is a folder of records, one for each path. Its methods may be called
// from several goroutines, and several processes may have one folder open.
type Index struct {
	dir   string
	now   func() (time.Time, error)
	mutex sync.Mutex // held from a record's loading to its storing
}

// Open makes the folder as needed. If it cannot be made or written, nothing is
// remembered, and every file is hashed.
func Open(dir string) *Index {
	x := &Index{dir: dir}
	x.now = x.clock
	os.MkdirAll(dir, 0o700)
	return x
}

const unfinishedPattern = "new-*"

// clock asks the file system for its time.
func (x *Index) clock() (time.Time, error) {
	file, err := os.CreateTemp(x.dir, unfinishedPattern)
	if err != nil {
		return time.Time{}, err
	}
	defer os.Remove(file.Name())
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return time.Time{}, err
	}
	return info.ModTime(), nil
}

// Whole returns the SHA-256 of the file at path if it is known. It hashes nothing.
func (x *Index) Whole(path string) (sum Sum, known bool) {
	if r := x.lookUp(path); r.Whole != nil {
		return *r.Whole, true
	}
	return Sum{}, false
}

// Ranges returns the SHA-256 of the file's ranges, by name, if they are known.
func (x *Index) Ranges(path string) (sums map[string]Sum, known bool) {
	r := x.lookUp(path)
	return r.Ranges, r.Ranges != nil
}

// lookUp follows links: what counts is the file that is read through them.
func (x *Index) lookUp(path string) *record {
	info, err := os.Stat(path)
	if err != nil {
		return new(record)
	}
	path, err = filepath.Abs(path)
	if err != nil {
		return new(record)
	}
	return x.load(path, idOf(info))
}

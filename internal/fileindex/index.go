package fileindex

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/loramerge/loramerge/internal/leftover"
	"github.com/loramerge/loramerge/internal/osfile"
)

// Index is a folder of records. Its methods may be called from several
// goroutines, and several processes may have one folder open.
type Index struct {
	dir string
	// opened is before any hashing that the index knows of. It is the zero time
	// if the folder cannot be written, which is before any file's change.
	opened time.Time
}

// Open makes the folder as needed. If it cannot be made or written, nothing is
// remembered, and every file is hashed.
func Open(dir string) *Index {
	x := &Index{dir: dir}
	if err := os.MkdirAll(dir, 0o700); err == nil {
		x.opened, _ = x.clock()
	}
	return x
}

// clock asks the file system for its time, by a file that it creates.
func (x *Index) clock() (time.Time, error) {
	defer leftover.Hold()()
	file, err := os.CreateTemp(x.dir, unfinishedPrefix+"*")
	if err != nil {
		return time.Time{}, err
	}
	info, err := file.Stat()
	if err = errors.Join(err, file.Close(), os.Remove(file.Name())); err != nil {
		return time.Time{}, err
	}
	return info.ModTime(), nil
}

// Whole returns the SHA-256 of the file at path if it is known. It hashes nothing.
func (x *Index) Whole(path string) (sum Sum, known bool) {
	sums, known := x.lookUp(whole, path)
	return sums[unnamed], known
}

// Ranges returns the SHA-256 of the file's ranges, by name, if they are known.
func (x *Index) Ranges(path string) (sums map[string]Sum, known bool) {
	return x.lookUp(ranges, path)
}

// lookUp follows links: what counts is the file that is read through them.
func (x *Index) lookUp(k kind, path string) (sums map[string]Sum, known bool) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, false
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, false
	}
	return x.load(k, absolute, idOf(info))
}

// unfinishedPrefix begins the names of files that are no record yet.
const unfinishedPrefix = "new-"

// recordLimit is more than the hashes of a million tensors take.
const recordLimit = 1 << 28

// place is where a record of an absolute path is kept.
func (x *Index) place(k kind, path string) string {
	return filepath.Join(x.dir, hexSum([]byte(path))+"-"+string(k))
}

func (x *Index) load(k kind, path string, id identity) (sums map[string]Sum, known bool) {
	r, err := readRecord(x.place(k, path))
	if err != nil || r.Kind != k || r.Path != path || r.Identity != id {
		return nil, false
	}
	return r.Sums, true
}

func readRecord(place string) (*record, error) {
	text, err := osfile.ReadUpTo(place, recordLimit)
	if err != nil {
		return nil, err
	}
	return decode(text)
}

// store puts a record in its place by rename, whole or not at all. It is not
// synced: damage shows.
func (x *Index) store(r *record) error {
	text, err := r.encode()
	if err != nil {
		return err
	}
	defer leftover.Hold()()
	file, err := os.CreateTemp(x.dir, unfinishedPrefix+"*")
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), x.place(r.Kind, r.Path))
	}
	if err != nil {
		err = errors.Join(err, os.Remove(file.Name()))
	}
	return err
}

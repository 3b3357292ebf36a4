package fileindex

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/loramerge/loramerge/internal/leftover"
	"github.com/loramerge/loramerge/internal/regular"
)

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
	text, err := regular.ReadUpTo(place, recordLimit)
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

package fileindex

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
)

// record is what is known of the file at a path as long as it has that ID.
type record struct {
	Path   string         `json:"path"` // absolute
	ID     ID             `json:"id"`
	Whole  *Sum           `json:"whole,omitempty"`
	Ranges map[string]Sum `json:"ranges,omitempty"`
}

var errDamaged = errors.New("not a record of the file index")

// encode puts the SHA-256 of the JSON before it: a flipped bit in a sum would
// otherwise be a wrong sum.
func (r *record) encode() ([]byte, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	return append([]byte(checksum(body)+"\n"), body...), nil
}

func decode(text []byte) (*record, error) {
	sum, body, ok := bytes.Cut(text, []byte("\n"))
	if !ok || string(sum) != checksum(body) {
		return nil, errDamaged
	}
	r := new(record)
	return r, json.Unmarshal(body, r)
}

func checksum(body []byte) string { return Sum(sha256.Sum256(body)).String() }

// place is where the record of a path is kept.
func (x *Index) place(path string) string {
	return filepath.Join(x.dir, checksum([]byte(path)))
}

// load returns what is known of the file at path, or an empty record.
func (x *Index) load(path string, id ID) *record {
	if text, err := os.ReadFile(x.place(path)); err == nil {
		if r, err := decode(text); err == nil && r.Path == path && r.ID == id {
			return r
		}
	}
	return &record{Path: path, ID: id}
}

// update adds to what is known. Two processes that update one record at once may
// lose what one of them adds; two goroutines don't.
func (x *Index) update(path string, id ID, add func(*record)) {
	x.mutex.Lock()
	defer x.mutex.Unlock()
	r := x.load(path, id)
	add(r)
	x.store(r) // without the record the file is hashed again
}

// store puts the record in its place by rename, whole or not at all. It need
// not be durable: damage shows.
func (x *Index) store(r *record) error {
	text, err := r.encode()
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(x.dir, unfinishedPattern)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), x.place(r.Path))
	}
	if err != nil {
		os.Remove(file.Name())
	}
	return err
}

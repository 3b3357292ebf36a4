package fileindex

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
)

// record is what is known of the file at a path while it is that file.
type record struct {
	Kind     kind           `json:"kind"`
	Path     string         `json:"path"` // absolute
	Identity identity       `json:"identity"`
	Sums     map[string]Sum `json:"sums"`
}

// kind is which of two records of one file it is. They are separate because that of
// the ranges may be long, and is often not needed.
type kind string

const (
	whole  kind = "whole" // of one sum, unnamed
	ranges kind = "ranges"
)

const unnamed = ""

var errDamaged = errors.New("not a record of the file index")

// encode puts the SHA-256 of the JSON before it: a flipped bit in a sum would
// otherwise be a wrong sum.
func (r *record) encode() ([]byte, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	return append([]byte(hexSum(body)+"\n"), body...), nil
}

func decode(text []byte) (*record, error) {
	sum, body, found := bytes.Cut(text, []byte("\n"))
	if !found || string(sum) != hexSum(body) {
		return nil, errDamaged
	}
	r := new(record)
	return r, json.Unmarshal(body, r)
}

func hexSum(data []byte) string { return Sum(sha256.Sum256(data)).String() }

package fileindex

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/loramerge/loramerge/internal/fault"
)

// ErrChanged is within every error that says that a file changed while it was read.
// It is no Fault: somebody is writing to the file, and the run has failed.
var ErrChanged = errors.New("the file changed while it was read; run again when nothing writes to it")

// Stater is an open file: its Stat is about the file itself, even if another one has
// taken its path since.
type Stater interface{ Stat() (os.FileInfo, error) }

// Reading is the reading of an open file, from [Index.Begin] to what is
// remembered of it. Its methods may be called from several goroutines.
type Reading struct {
	index *Index
	path  string // absolute
	file  Stater
	id    identity // when it began
}

// Begin is called before anything is read that is to be remembered of the file
// that was opened at path. Anything but a regular file is an error.
func (x *Index) Begin(path string, file Stater) (*Reading, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := checkRegular(path, info); err != nil {
		return nil, err
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &Reading{index: x, path: absolute, file: file, id: idOf(info)}, nil
}

func checkRegular(path string, info os.FileInfo) error {
	if !info.Mode().IsRegular() {
		return fault.In(path, "not a regular file").Mend("copy what it yields to one")
	}
	return nil
}

// Whole is [Index.Whole] for the open file.
func (r *Reading) Whole() (sum Sum, known bool) {
	sums, known := r.index.load(whole, r.path, r.id)
	return sums[unnamed], known
}

// Ranges is [Index.Ranges] for the open file.
func (r *Reading) Ranges() (sums map[string]Sum, known bool) {
	return r.index.load(ranges, r.path, r.id)
}

// Unchanged fails with [ErrChanged] if the file has changed since Begin.
func (r *Reading) Unchanged() error {
	info, err := r.file.Stat()
	if err != nil {
		return fmt.Errorf("%s: %w", r.path, err)
	}
	if idOf(info) != r.id {
		return fmt.Errorf("%s: %w", r.path, ErrChanged)
	}
	return nil
}

// RememberWhole remembers the SHA-256 of the file, all of which was read since
// Begin. It fails as Unchanged does: the sum may then be of no content that the
// file ever had. That nothing could be remembered is no error.
func (r *Reading) RememberWhole(sum Sum) error {
	return r.remember(whole, map[string]Sum{unnamed: sum})
}

// RememberRanges is [Reading.RememberWhole] for all the ranges of the file that
// anyone will ask for, by names that are UTF-8.
func (r *Reading) RememberRanges(sums map[string]Sum) error {
	return r.remember(ranges, sums)
}

func (r *Reading) remember(k kind, sums map[string]Sum) error {
	if err := r.Unchanged(); err != nil {
		return err
	}
	if r.id.settled(r.index.opened) {
		// A record that cannot be stored only means hashing again.
		_ = r.index.store(&record{Kind: k, Path: r.path, Identity: r.id, Sums: sums})
	}
	return nil
}

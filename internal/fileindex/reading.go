package fileindex

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// ErrChanged is what a file's changing while it is read is.
var ErrChanged = errors.New("the file changed while it was read; run again when nothing writes to it")

// Stater is an open file: its Stat tells of the file itself, whatever has since
// taken its path.
type Stater interface{ Stat() (os.FileInfo, error) }

// Reading is the reading of an open file, from [Index.Begin] to what is
// remembered of it. Its methods may be called from several goroutines.
type Reading struct {
	index *Index
	path  string // absolute
	file  Stater
	id    ID
	began time.Time // the zero time if the file system could not tell
}

// Begin is called before anything is read that is to be remembered of the file
// that was opened at path. What cannot be read twice, such as a pipe, is an error.
func (x *Index) Begin(path string, file Stater) (*Reading, error) {
	began, err := x.now()
	if err != nil {
		began = time.Time{} // before every file, so that none is remembered
	}
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
	return &Reading{index: x, path: absolute, file: file, id: idOf(info), began: began}, nil
}

func checkRegular(path string, info os.FileInfo) error {
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s: not a regular file; copy what it yields to one", path)
	}
	return nil
}

// Whole is [Index.Whole] for the open file.
func (r *Reading) Whole() (sum Sum, known bool) {
	if known := r.index.load(r.path, r.id); known.Whole != nil {
		return *known.Whole, true
	}
	return Sum{}, false
}

// Ranges is [Index.Ranges] for the open file.
func (r *Reading) Ranges() (sums map[string]Sum, known bool) {
	ranges := r.index.load(r.path, r.id).Ranges
	return ranges, ranges != nil
}

// Unchanged is an [ErrChanged] that names the file if it has changed since Begin.
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
// Begin. Its error is that of Unchanged: then the sum is of no content that the file ever
// had. That nothing could be remembered is no error.
func (r *Reading) RememberWhole(sum Sum) error {
	return r.remember(func(known *record) { known.Whole = &sum })
}

// RememberRanges is [Reading.RememberWhole] for the file's ranges, by names that
// are UTF-8. It replaces all ranges that were known.
func (r *Reading) RememberRanges(sums map[string]Sum) error {
	return r.remember(func(known *record) { known.Ranges = sums })
}

func (r *Reading) remember(add func(*record)) error {
	if err := r.Unchanged(); err != nil {
		return err
	}
	if !r.id.settled(r.began) {
		return nil
	}
	r.index.update(r.path, r.id, add)
	return nil
}

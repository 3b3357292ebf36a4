package cache

import (
	"errors"
	"io/fs"
	"os"
)

// removal tells what it has removed and what went wrong.
type removal struct {
	paths []string
	bytes int64
	err   error
}

// files removes files, and returns how many: another process may already have
// removed some of them.
func (r *removal) files(files ...file) (removed int) {
	for _, f := range files {
		switch err := os.Remove(f.path); {
		case err == nil:
			r.paths = append(r.paths, f.path)
			r.bytes += f.size
			removed++
		case !errors.Is(err, fs.ErrNotExist):
			r.err = errors.Join(r.err, err)
		}
	}
	return removed
}

// item removes an item, and returns the number of its names. They go first, so
// that they don't lead to nothing meanwhile.
func (r *removal) item(i *item) (entries int) {
	entries = r.files(i.names...)
	r.files(i.content)
	return entries
}

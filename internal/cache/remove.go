package cache

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// removal is what has been removed and what went wrong.
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

// item removes an item, and returns the number of its entries. They go first, so
// that they don't lead to nothing meanwhile.
func (r *removal) item(i *item) (entries int) {
	entries = r.files(i.entries...)
	r.files(i.content)
	return entries
}

// Clear removes every file that the cache has written, and the folders that it
// leaves empty, but not the folder given to Open. Whatever else there is stays,
// and links are not followed. The cache can be used as before.
func (c *Cache) Clear() error {
	all, err := c.list()
	r := removal{err: err}
	r.files(all.entries...)
	r.files(all.contents...)
	r.files(all.unfinished...)
	if c.tagged() {
		r.files(file{path: c.tagPath()})
	}
	r.folders(c.entries)
	r.folders(c.contents)
	if r.err != nil {
		return fmt.Errorf("clear cache %s: %w", c.dir, r.err)
	}
	return nil
}

// folders removes a level's folders, and the level's own, as far as they are
// empty. One that stays does no harm, so that is no error.
func (r *removal) folders(l level) {
	folders, err := l.folders()
	r.err = errors.Join(r.err, err)
	for _, folder := range append(folders, string(l)) {
		if info, err := os.Lstat(folder); err == nil && info.IsDir() {
			_ = os.Remove(folder)
		}
	}
}

// Verify reads and hashes everything. It removes the files that are bad and the
// entries that lead to nothing, and returns their paths. An error is about files
// that could not be listed or removed, or is the context's cause.
func (c *Cache) Verify(ctx context.Context) (bad []string, err error) {
	all, err := c.list()
	items, strays := all.items()
	r := removal{err: err}
	r.files(strays...)
	for _, i := range items {
		if ctx.Err() != nil {
			r.err = errors.Join(r.err, context.Cause(ctx))
			break
		}
		if _, ok := intact(i.content.path, i.content.sum); !ok {
			r.item(i)
		}
	}
	if r.err != nil {
		err = fmt.Errorf("verify cache %s: %w", c.dir, r.err)
	}
	return r.paths, err
}

// Info is how full a cache is.
type Info struct {
	Entries int   // that lead to a content
	Bytes   int64 // of all the cache's files
}

// Info counts what is in the cache. A folder that is missing is empty.
func (c *Cache) Info() (Info, error) {
	all, err := c.list()
	if err != nil {
		return Info{}, fmt.Errorf("list cache %s: %w", c.dir, err)
	}
	_, strays := all.items()
	return Info{Entries: len(all.entries) - len(strays), Bytes: all.bytes()}, nil
}

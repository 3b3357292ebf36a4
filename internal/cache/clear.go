package cache

import (
	"errors"
	"fmt"
	"os"
)

// Clear removes every file that the cache has written, and the folders that it
// leaves empty, but not the folder given to Open. Whatever else there is stays,
// and links are not followed. The cache can be used as before.
func (c *Cache) Clear() error {
	all, err := c.list()
	r := removal{err: err}
	r.files(all.names...)
	r.files(all.contents...)
	r.files(all.unfinished...)
	if c.tagged() {
		r.files(file{path: c.tagPath()})
	}
	r.folders(c.names)
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

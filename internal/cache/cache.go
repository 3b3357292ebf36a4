package cache

import (
	"os"
	"path/filepath"
	"sync/atomic"

	"github.com/loramerge/loramerge/internal/fault"
)

// Cache is a folder of results. Its methods may be called from several
// goroutines, and several processes may have one folder open.
type Cache struct {
	dir      string
	entries  level
	contents level
	clock    clock
	failed   atomic.Bool // no more is written
	growth   growth
}

// Open makes the folder as needed. The cache is usable whatever the error: it
// finds what is there, and Put keeps nothing. The error is worth a warning and
// no more.
func Open(dir string) (*Cache, error) {
	c := &Cache{dir: dir, entries: level(filepath.Join(dir, "names")), contents: level(filepath.Join(dir, "contents"))}
	if err := c.prepare(); err != nil {
		c.failed.Store(true)
		return c, unwritable(err, "open cache %s: nothing new is kept there", dir)
	}
	return c, nil
}

// unwritable is the Fault of a cache that can't be written.
func unwritable(err error, format string, args ...any) error {
	return fault.New(format, args...).Because(err).Mend("make room, or set LORAMERGE_CACHE to a folder that can be written")
}

func (c *Cache) prepare() error {
	if err := c.tag(); err != nil {
		return err
	}
	_, err := c.now()
	return err
}

// Dir returns the folder as it was given to Open.
func (c *Cache) Dir() string { return c.dir }

// DefaultDir returns the absolute path of the folder that the environment
// names in LORAMERGE_CACHE, or of the folder "loramerge" among the user's
// caches. The folder need not be there.
func DefaultDir() (string, error) {
	if dir := os.Getenv("LORAMERGE_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	caches, err := os.UserCacheDir()
	if err != nil {
		return "", fault.New("the cache has no folder").Because(err).Mend("set LORAMERGE_CACHE to one")
	}
	return filepath.Join(caches, "loramerge"), nil
}

package cache

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
)

// Name is the SHA-256 of a complete description of a result.
type Name [sha256.Size]byte

// Cache is a folder of results. Its methods may be called from several
// goroutines, and several processes may have one folder open.
type Cache struct {
	dir      string
	names    level
	contents level
	clock    clock
	failed   atomic.Bool // no more is written
}

// Open makes the folder as needed. The cache is usable whatever the error: it
// finds what is there, and Put keeps nothing. The error is worth a warning and
// no more.
func Open(dir string) (*Cache, error) {
	c := &Cache{dir: dir, names: level(filepath.Join(dir, "names")), contents: level(filepath.Join(dir, "contents"))}
	if err := c.prepare(); err != nil {
		c.failed.Store(true)
		return c, fmt.Errorf("open cache %s: nothing new is kept there: %w; "+remedy, dir, err)
	}
	return c, nil
}

const remedy = "make room, or name a folder that can be written in LORAMERGE_CACHE"

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
		return "", fmt.Errorf("the cache has no folder: %w; name one in LORAMERGE_CACHE", err)
	}
	return filepath.Join(caches, "loramerge"), nil
}

package main

import (
	"path/filepath"

	"github.com/loramerge/loramerge/internal/cache"
	"github.com/loramerge/loramerge/merge"
)

// store gives a run the user's cache folder: of intermediate values, unless the mode
// is off, and of the hashes of files. A folder that can't be used costs a warning.
func (u *ui) store(options *merge.RunOptions, mode merge.CacheMode) {
	if err := openStore(options, mode); err != nil {
		u.warn(err)
	}
}

func openStore(options *merge.RunOptions, mode merge.CacheMode) error {
	options.CacheMode = mode
	dir, err := cache.DefaultDir()
	if err != nil {
		return err
	}
	options.Hashes = merge.IndexedHashes(indexDir(dir))
	if mode != merge.CacheOff {
		options.Cache, err = cache.Open(dir)
	}
	return err
}

// indexDir is where the hashes of files lie in the cache's folder.
func indexDir(cacheDir string) string { return filepath.Join(cacheDir, "files") }

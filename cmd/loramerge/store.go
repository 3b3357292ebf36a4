package main

import (
	"path/filepath"

	"github.com/loramerge/loramerge/internal/cache"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
)

// store gives a run the user's cache folder: of intermediate values, unless the mode
// is off, and of the hashes of files. A folder that can't be used costs a warning.
func (u *ui) store(options *run.Options, mode run.CacheMode) {
	if err := openStore(options, mode); err != nil {
		u.warn(err)
	}
}

func openStore(options *run.Options, mode run.CacheMode) error {
	options.CacheMode = mode
	dir, err := cache.DefaultDir()
	if err != nil {
		return err
	}
	options.Hashes = plan.IndexedHashes(indexDir(dir))
	if mode != run.CacheOff {
		options.Cache, err = cache.Open(dir)
	}
	return err
}

// indexDir is where the hashes of files lie in the cache's folder.
func indexDir(cacheDir string) string { return filepath.Join(cacheDir, "files") }

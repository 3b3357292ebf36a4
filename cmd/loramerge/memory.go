package main

import (
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/loramerge/loramerge/internal/cache"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
)

// uncounted is what Go's limit leaves out: the program's own pages, code and constants, of which a run
// comes to use nearly all.
const uncounted = 20 << 20

// garbageWhilePlanning is how much garbage may lie about while nothing is done but planning, in per cent
// of what is held: there is little beside what a plan holds, and looking for it in hundreds of thousands
// of modules takes a fifth of the time. What works on weights leaves it at what Go does by itself: a run
// says beforehand how much memory it takes.
const garbageWhilePlanning = 400

// collectAt lets garbage grow to so many per cent of what is held, unless GOGC says else.
func collectAt(percent int) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}

// holdTo keeps a run to the memory that its plan speaks of, until release is called: garbage is collected
// before the process outgrows the figure. A lower limit in GOMEMLIMIT stays.
func holdTo(p *plan.Plan, options run.Options) (release func()) {
	const askOnly = -1
	before := debug.SetMemoryLimit(askOnly)
	debug.SetMemoryLimit(min(run.Peak(p, options)-uncounted, before))
	return func() { debug.SetMemoryLimit(before) }
}

// store gives a run the user's cache folder: of intermediate values, unless the mode
// is off, and of the hashes of files. A folder that can't be used costs a warning.
func (u *ui) store(options *run.Options, mode run.CacheMode) {
	if err := u.openStore(options, mode); err != nil {
		u.warn(err)
	}
}

func (u *ui) openStore(options *run.Options, mode run.CacheMode) error {
	options.CacheMode = mode
	dir, err := u.cacheDir()
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

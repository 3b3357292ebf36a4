// Package leftover lets a process end in the middle of its work without leaving half of
// it on disk: whoever makes a temporary file or folder registers how it is removed.
//
// A context is the polite way to stop, and leaves nothing either; but some work does not
// look at its context for a while, and a user who presses Ctrl-C does not want to wait.
package leftover

import (
	"errors"
	"io/fs"
	"maps"
	"slices"
	"sync"
)

var (
	// ending is held for reading by what may not be cut in two, and for writing by the end.
	ending sync.RWMutex

	mutex    sync.Mutex
	removals = make(map[*func() error]bool)
)

// Hold keeps [Clear] waiting until release is called, as between the making of a file and
// its registration, or in the middle of an exchange. Once Clear has begun, Hold never returns. A goroutine
// that holds does not call Hold again.
func Hold() (release func()) {
	ending.RLock()
	return ending.RUnlock
}

// Register has remove called by Clear, unless forget is called before. Call it while holding.
func Register(remove func() error) (forget func()) {
	mutex.Lock()
	defer mutex.Unlock()
	key := &remove
	removals[key] = true
	return func() {
		mutex.Lock()
		defer mutex.Unlock()
		delete(removals, key)
	}
}

// Clear removes all that is registered, in no order. The process should exit after it: what has not yet called
// Hold waits there forever.
func Clear() error {
	ending.Lock()
	return clear()
}

func clear() (failed error) {
	mutex.Lock()
	all := slices.Collect(maps.Keys(removals))
	mutex.Unlock()
	for _, remove := range all {
		if err := (*remove)(); !errors.Is(err, fs.ErrNotExist) {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

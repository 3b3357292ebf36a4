package cache

import (
	"sync"
	"sync/atomic"
)

// growth is what this process has written, so that the files are not listed after every bit of it.
type growth struct {
	written atomic.Int64 // bytes since the files were listed
	mu      sync.Mutex   // held while they are listed
	listed  bool
	room    int64 // bytes, as of then
}

// KeepWithin trims the cache as Trim does, if this process has written to it: the first time, and then
// as soon as that may have brought it over the limit by more than a thirty-second.
func (c *Cache) KeepWithin(limit int64) error {
	g := &c.growth
	g.mu.Lock()
	defer g.mu.Unlock()
	written := g.written.Load()
	if written == 0 || g.listed && written <= g.room+limit/32 {
		return nil
	}
	g.written.Store(0)
	_, _, left, err := c.trim(limit)
	g.listed, g.room = err == nil, limit-left
	return err
}

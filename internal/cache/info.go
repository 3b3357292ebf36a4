package cache

import "fmt"

// Info tells how full a cache is.
type Info struct {
	Entries int   // names that lead to a content
	Bytes   int64 // of all the cache's files
}

// Info counts what is in the cache. A folder that is missing is empty.
func (c *Cache) Info() (Info, error) {
	all, err := c.list()
	if err != nil {
		return Info{}, fmt.Errorf("list cache %s: %w", c.dir, err)
	}
	_, strays := all.items()
	return Info{Entries: len(all.names) - len(strays), Bytes: all.bytes()}, nil
}

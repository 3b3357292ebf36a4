package cache

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// abandonedAfter is how long writing a file may take; one that is older was left
// by a process that was killed.
const abandonedAfter = time.Hour

// Trim removes the least recently used entries until all the cache's files
// together have no more than limit bytes, and returns how many entries and how
// many bytes it removed. An entry that has more than limit bytes by itself goes
// first: it must not drive out everything else. What other processes keep
// meanwhile may exceed the limit. It panics if limit is negative.
func (c *Cache) Trim(limit int64) (entries int, freed int64, err error) {
	entries, freed, _, err = c.trim(limit)
	return entries, freed, err
}

func (c *Cache) trim(limit int64) (entries int, freed, left int64, err error) {
	if limit < 0 {
		panic(fmt.Sprintf("cache: a limit of %d bytes", limit))
	}
	now, err := c.now()
	if err != nil {
		return 0, 0, 0, fmt.Errorf("trim cache %s: %w", c.dir, err)
	}
	all, err := c.list()
	r := removal{err: err}
	r.files(abandoned(all.unfinished, now)...)
	if excess := all.bytes() - r.bytes - limit; excess > 0 {
		entries = r.excess(all, limit, excess)
	}
	if r.err != nil {
		err = fmt.Errorf("trim cache %s: %w", c.dir, r.err)
	}
	return entries, r.bytes, all.bytes() - r.bytes, err
}

func abandoned(unfinished []file, now time.Time) []file {
	return slices.DeleteFunc(slices.Clone(unfinished), func(f file) bool {
		return now.Sub(f.modified) <= abandonedAfter
	})
}

// excess removes at least that many bytes, if there are as many.
func (r *removal) excess(all listing, limit, excess int64) (entries int) {
	items, strays := all.items()
	excess -= totalSize(strays)
	r.files(strays...)
	slices.SortFunc(items, func(a, b *item) int {
		return cmp.Or(cmp.Compare(a.fits(limit), b.fits(limit)), a.compareUse(b))
	})
	for _, i := range items {
		if excess <= 0 {
			break
		}
		excess -= i.bytes()
		entries += r.item(i)
	}
	return entries
}

// fits is 1 if the item by itself is within the limit, and 0 if not.
func (i *item) fits(limit int64) int {
	if i.bytes() > limit {
		return 0
	}
	return 1
}

// compareUse orders by time of use. Where times are equal, the hashes make the
// order the same each time.
func (i *item) compareUse(j *item) int {
	return cmp.Or(i.content.modified.Compare(j.content.modified), bytes.Compare(i.content.sum[:], j.content.sum[:]))
}

// listing is all the files of the cache.
type listing struct{ entries, contents, unfinished []file }

// list looks at the entries before the contents. A content is written before its
// entries, so one whose entry was seen is seen too.
func (c *Cache) list() (listing, error) {
	entries, unfinishedEntries, err := c.entries.list()
	contents, unfinishedContents, err2 := c.contents.list()
	return listing{entries, contents, append(unfinishedEntries, unfinishedContents...)}, errors.Join(err, err2)
}

func (l listing) bytes() int64 {
	return totalSize(l.entries) + totalSize(l.contents) + totalSize(l.unfinished)
}

func totalSize(files []file) (bytes int64) {
	for _, f := range files {
		bytes += f.size
	}
	return bytes
}

// item is a content and the entries that lead to it: they go together.
type item struct {
	content file
	entries []file
}

func (i *item) bytes() int64 { return i.content.size + totalSize(i.entries) }

// items pairs the contents with their entries. Strays are entries that lead to
// nothing.
func (l listing) items() (items []*item, strays []file) {
	byHash := make(map[hash]*item, len(l.contents))
	for _, content := range l.contents {
		i := &item{content: content}
		items, byHash[content.sum] = append(items, i), i
	}
	for _, found := range l.entries {
		e, ok := readEntry(found.path, found.sum)
		i := byHash[e.content]
		if ok && i != nil && i.content.size == e.size {
			i.entries = append(i.entries, found)
		} else {
			strays = append(strays, found)
		}
	}
	return items, strays
}

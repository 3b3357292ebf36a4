package cache

import "errors"

// listing is all the files of the cache.
type listing struct{ names, contents, unfinished []file }

// list looks at the names before the contents. A content is written before its
// names, so one whose name was seen is seen too.
func (c *Cache) list() (listing, error) {
	names, unfinishedNames, err := c.names.list()
	contents, unfinishedContents, err2 := c.contents.list()
	return listing{names, contents, append(unfinishedNames, unfinishedContents...)}, errors.Join(err, err2)
}

func (l listing) bytes() int64 {
	return totalSize(l.names) + totalSize(l.contents) + totalSize(l.unfinished)
}

func totalSize(files []file) (bytes int64) {
	for _, f := range files {
		bytes += f.size
	}
	return bytes
}

// item is a content and the names that lead to it: they go together.
type item struct {
	content file
	names   []file
}

func (i *item) bytes() int64 { return i.content.size + totalSize(i.names) }

// items pairs the contents with their names. Strays are the names that lead to
// nothing.
func (l listing) items() (items []*item, strays []file) {
	byHash := make(map[hash]*item, len(l.contents))
	for _, content := range l.contents {
		i := &item{content: content}
		items, byHash[content.sum] = append(items, i), i
	}
	for _, name := range l.names {
		e, ok := readEntry(name.path, name.sum)
		i := byHash[e.content]
		if ok && i != nil && i.content.size == e.size {
			i.names = append(i.names, name)
		} else {
			strays = append(strays, name)
		}
	}
	return items, strays
}

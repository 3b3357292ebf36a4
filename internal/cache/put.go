package cache

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
)

// Put keeps the parts, joined, under name. What was under that name before is
// replaced.
//
// The first failure ends the keeping: from then on Put does nothing and returns
// nil, so that a full disk is told once, and not written to again and again.
// The error is worth a warning and no more.
func (c *Cache) Put(name Name, parts ...[]byte) error {
	if c.failed.Load() {
		return nil
	}
	err := c.put(name, parts)
	if err == nil || c.failed.Swap(true) {
		return nil
	}
	return fmt.Errorf("cache %s: nothing more is kept: %w; "+remedy, c.dir, err)
}

// put writes the content first: a name never leads to what is yet to come.
func (c *Cache) put(name Name, parts [][]byte) error {
	e := describe(name, parts)
	if err := c.putContent(e, parts); err != nil {
		return err
	}
	path := c.names.path(name)
	if old, ok := readEntry(path, name); ok && old == e {
		return nil
	}
	return c.write(path, []byte(e.text()))
}

func describe(name Name, parts [][]byte) entry {
	e := entry{name: name}
	h := sha256.New()
	for _, part := range parts {
		h.Write(part)
		e.size += int64(len(part))
	}
	e.content = hash(h.Sum(nil))
	return e
}

// putContent reads what is there already, which takes less than writing it
// again, and is the only way to tell whether it is still good.
func (c *Cache) putContent(e entry, parts [][]byte) error {
	path := c.contents.path(e.content)
	info, ok := intact(path, e.content)
	if ok {
		c.use(path, info)
		return nil
	}
	return c.write(path, parts...)
}

// intact reports whether the file at path holds what the hash stands for.
func intact(path string, want hash) (os.FileInfo, bool) {
	file, info, err := openRegular(path)
	if err != nil {
		return nil, false
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.CopyBuffer(h, onlyReader{file}, make([]byte, pieceSize)); err != nil {
		return nil, false
	}
	return info, hash(h.Sum(nil)) == want
}

// onlyReader hides WriteTo, with which io.CopyBuffer would not use its buffer.
type onlyReader struct{ io.Reader }

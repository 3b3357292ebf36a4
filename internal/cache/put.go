package cache

import (
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/internal/leftover"
)

// Put keeps the parts, joined, under a digest. What was there before is replaced.
//
// The first failure ends the keeping: from then on Put does nothing and returns
// nil, so that a full disk is reported once, and not written to again and again.
// The error is worth a warning and no more.
func (c *Cache) Put(key digest.Digest, parts ...[]byte) error {
	if c.failed.Load() {
		return nil
	}
	err := c.put(key, parts)
	if err == nil || c.failed.Swap(true) {
		return nil
	}
	return unwritable(err, "cache %s: nothing more is kept", c.dir)
}

// put writes the content first, so that no entry leads to what is not there yet.
func (c *Cache) put(key digest.Digest, parts [][]byte) error {
	e := describe(key, parts)
	if err := c.putContent(e, parts); err != nil {
		return err
	}
	path := c.entries.path(key)
	if old, ok := readEntry(path, key); ok && old == e {
		return nil
	}
	return c.write(path, []byte(e.text()))
}

func describe(key digest.Digest, parts [][]byte) entry {
	e := entry{key: key}
	h := sha256.New()
	for _, part := range parts {
		h.Write(part)
		e.size += int64(len(part))
	}
	e.content = hash(h.Sum(nil))
	return e
}

// putContent reads what is there already, which takes less than writing it
// again, and is the only way to know whether it is still good.
func (c *Cache) putContent(e entry, parts [][]byte) error {
	path := c.contents.path(e.content)
	info, ok := intact(path, e.content)
	if ok {
		c.use(path, info)
		return nil
	}
	return c.write(path, parts...)
}

// intact reports whether the file at path has the hash.
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

// unfinishedPrefix begins the names of files that are being written.
const unfinishedPrefix = "new-"

// write puts a file at path, whole or not at all.
//
// Nothing is synced: after a power cut the file may be empty or wrong, and
// reading it finds that out.
func (c *Cache) write(path string, parts ...[]byte) error {
	return persist(func() error { return c.tryWrite(path, parts) })
}

// persist tries again when another process's Clear has removed the folder or the
// unfinished file, or the folder just as it was found to be there, which os.MkdirAll
// reports as fs.ErrExist. That doesn't happen a hundred times in a row.
func persist(try func() error) (err error) {
	for range 100 {
		if err = try(); !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return err
}

func (c *Cache) tryWrite(path string, parts [][]byte) error {
	file, forget, err := createIn(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer forget()
	if err = c.fill(file, parts); err == nil {
		err = os.Rename(file.Name(), path)
		for _, part := range parts {
			c.growth.written.Add(int64(len(part)))
		}
	}
	if err != nil {
		err = errors.Join(err, os.Remove(file.Name()))
	}
	return err
}

// createIn creates an unfinished file that is the user's alone, and its folder
// as needed.
func createIn(folder string) (file *os.File, forget func(), err error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, nil, err
	}
	defer leftover.Hold()()
	file, err = os.CreateTemp(folder, unfinishedPrefix+"*")
	if err != nil {
		return nil, nil, err
	}
	return file, leftover.Register(func() error { return os.Remove(file.Name()) }), nil
}

func (c *Cache) fill(file *os.File, parts [][]byte) error {
	for _, part := range parts {
		if _, err := file.Write(part); err != nil {
			file.Close()
			return err
		}
	}
	return errors.Join(c.clock.see(file), file.Close())
}

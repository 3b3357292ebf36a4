package cache

import (
	"crypto/sha256"
	"io"
	"os"
	"slices"
	"time"

	"github.com/loramerge/loramerge/internal/digest"
)

// pieceSize is how many bytes are read, then hashed while they are at hand.
const pieceSize = 256 << 10

// Get reads what was put under a digest. It asks into for the slice to read to, of
// exactly size bytes; a slice of another length, or nil, is a miss. After a
// miss the slice may hold anything.
func (c *Cache) Get(key digest.Digest, into func(size int64) []byte) ([]byte, bool) {
	e, ok := readEntry(c.entries.path(key), key)
	if !ok {
		return nil, false
	}
	path := c.contents.path(e.content)
	file, info, err := openRegular(path)
	if err != nil {
		return nil, false
	}
	defer file.Close()
	if info.Size() != e.size {
		return nil, false
	}
	data := into(e.size)
	if int64(len(data)) != e.size || !readAs(e.content, file, data) {
		return nil, false
	}
	c.use(path, info)
	return data, true
}

// readAs fills data and reports whether it is what was hashed.
func readAs(want hash, r io.Reader, data []byte) bool {
	h := sha256.New()
	for piece := range slices.Chunk(data, pieceSize) {
		if _, err := io.ReadFull(r, piece); err != nil {
			return false
		}
		h.Write(piece)
	}
	return hash(h.Sum(nil)) == want
}

// Has reports whether there are an entry of the digest and a content of its size.
// It verifies no content: Get may still miss.
func (c *Cache) Has(key digest.Digest) bool {
	e, ok := readEntry(c.entries.path(key), key)
	if !ok {
		return false
	}
	info, err := os.Lstat(c.contents.path(e.content))
	return err == nil && info.Mode().IsRegular() && info.Size() == e.size
}

// HasFile reports whether there is a file in the entry's place. If there was one
// before a Get that missed, the entry is damaged, or was removed meanwhile.
func (c *Cache) HasFile(key digest.Digest) bool {
	_, err := os.Lstat(c.entries.path(key))
	return err == nil
}

// renewAfter is how old a content's time of use gets before it is renewed. It
// saves most of the writing that reading would otherwise cause.
const renewAfter = time.Hour

// use notes that a content was used, to the hour, or as of the last reading of the
// clock if that is longer ago. If the time cannot be set, Trim is only a little less
// fair, so that is no error.
func (c *Cache) use(path string, info os.FileInfo) {
	if now := c.clock.latest(); now.Sub(info.ModTime()) > renewAfter {
		_ = os.Chtimes(path, time.Time{}, now)
	}
}

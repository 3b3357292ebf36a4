package cache

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/internal/osfile"
)

// hash is the SHA-256 of a content.
type hash [sha256.Size]byte

// entry is what the file of a digest says.
type entry struct {
	key     digest.Digest
	content hash
	size    int64 // of the content, in bytes
}

const entryFormat = "loramerge 1 %x %x %020d\n"

// entrySize is the size of every entry's text, in bytes.
var entrySize = int64(len(entry{}.text()))

func (e entry) text() string { return fmt.Sprintf(entryFormat, e.key[:], e.content, e.size) }

// parseEntry accepts nothing but what text writes, to the byte: hex digits in the
// other case come from a flipped bit.
func parseEntry(text string) (entry, bool) {
	var key, content []byte
	var size int64
	_, err := fmt.Sscanf(text, entryFormat, &key, &content, &size)
	if err != nil || len(key) != len(digest.Digest{}) || len(content) != len(hash{}) || size < 0 {
		return entry{}, false
	}
	e := entry{digest.Digest(key), hash(content), size}
	return e, e.text() == text
}

// readEntry reads the file of a digest. A file that was moved from another one's
// place shows that, since it says which digest it is of.
func readEntry(path string, key digest.Digest) (entry, bool) {
	file, _, err := openRegular(path)
	if err != nil {
		return entry{}, false
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, entrySize+1))
	if err != nil {
		return entry{}, false
	}
	e, ok := parseEntry(string(text))
	return e, ok && e.key == key
}

// openRegular opens what is a file itself: a named pipe would block, and a link
// is none of ours.
func openRegular(path string) (*os.File, os.FileInfo, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, fmt.Errorf("%s: not a regular file", path)
	}
	file, err := os.Open(path)
	return file, info, err
}

// tagText marks a folder whose files can be made again, so that backups leave
// it out. https://bford.info/cachedir/
const tagText = `Signature: 8a477f597d28d172789f06886806bc55
# These are results that loramerge keeps to save time; they can be made again.
# To remove them: loramerge cache clear
`

// tagPath is in the folder of the contents, not in the cache's: that one may
// have been someone's folder before, with things in it that need a backup.
func (c *Cache) tagPath() string { return filepath.Join(string(c.contents), "CACHEDIR.TAG") }

// tag leaves a tag of someone else's as it is.
func (c *Cache) tag() error {
	if _, err := os.Lstat(c.tagPath()); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return c.write(c.tagPath(), []byte(tagText))
}

func (c *Cache) tagged() bool {
	text, err := osfile.ReadUpTo(c.tagPath(), int64(len(tagText))+1)
	return err == nil && string(text) == tagText
}

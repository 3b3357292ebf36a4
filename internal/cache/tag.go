package cache

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/loramerge/loramerge/internal/regular"
)

// tagText marks a folder whose files can be made again, so that backups leave
// it out. https://bford.info/cachedir/
const tagText = `Signature: 8a477f597d28d172789f06886806bc55
# These are results that loramerge keeps to save time; they can be made again.
# To remove them: loramerge cache clear
`

// tagPath is in the folder of the contents, not in the cache's: that one may
// have been someone's folder before, with things in it that want a backup.
func (c *Cache) tagPath() string { return filepath.Join(string(c.contents), "CACHEDIR.TAG") }

// tag leaves a tag of someone else's as it is.
func (c *Cache) tag() error {
	if _, err := os.Lstat(c.tagPath()); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return c.write(c.tagPath(), []byte(tagText))
}

func (c *Cache) tagged() bool {
	text, err := regular.ReadUpTo(c.tagPath(), int64(len(tagText))+1)
	return err == nil && string(text) == tagText
}

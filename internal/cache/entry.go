package cache

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
)

// hash is the SHA-256 of a content.
type hash [sha256.Size]byte

// entry is what the file of a name says.
type entry struct {
	name    Name
	content hash
	size    int64 // of the content, in bytes
}

const entryFormat = "loramerge 1 %x %x %020d\n"

// entrySize is the size of every entry's text, in bytes.
var entrySize = int64(len(entry{}.text()))

func (e entry) text() string { return fmt.Sprintf(entryFormat, e.name, e.content, e.size) }

// parseEntry takes nothing but what text writes, to the byte: hex digits in the
// other case are the work of a flipped bit.
func parseEntry(text string) (entry, bool) {
	var name, content []byte
	var size int64
	_, err := fmt.Sscanf(text, entryFormat, &name, &content, &size)
	if err != nil || len(name) != len(Name{}) || len(content) != len(hash{}) || size < 0 {
		return entry{}, false
	}
	e := entry{Name(name), hash(content), size}
	return e, e.text() == text
}

// readEntry reads the file of a name. One that was moved from another name's
// place says so itself.
func readEntry(path string, name Name) (entry, bool) {
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
	return e, ok && e.name == name
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

package client

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"

	"github.com/loramerge/loramerge/internal/osfile"
)

// hasher begins the hash that the hub has of a file: git's SHA-1 of a blob, or SHA-256.
func (f File) hasher() hash.Hash {
	if len(f.Hash) == sha256.Size*2 {
		return sha256.New()
	}
	h := sha1.New()
	h.Write(fmt.Appendf(nil, "blob %d\x00", f.Size))
	return h
}

// matches reports whether a hash is the hub's.
func (f File) matches(h hash.Hash) bool { return hex.EncodeToString(h.Sum(nil)) == f.Hash }

// isAt reports whether a file of the cache has the content.
func (f File) isAt(path string) (bool, error) {
	file, err := osfile.Open(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, osfile.ErrNotRegular) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || info.Size() != f.Size {
		return false, err
	}
	h := f.hasher()
	if _, err := io.Copy(h, file); err != nil {
		return false, err
	}
	return f.matches(h), nil
}

// part is a file that grows.
type part struct {
	File
	file *os.File
	hash hash.Hash
	done int64
	disk error // why nothing more can be written
}

// openPart opens a part at a path, with what is there of it already.
func openPart(path string, f File) (*part, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	p := &part{File: f, file: file, hash: f.hasher()}
	if p.done, err = io.Copy(p.hash, io.LimitReader(file, f.Size+1)); err == nil && p.done > f.Size {
		err = p.restart()
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return p, nil
}

// restart forgets all that is there.
func (p *part) restart() error {
	p.done, p.hash = 0, p.hasher()
	if err := p.file.Truncate(0); err != nil {
		return err
	}
	_, err := p.file.Seek(0, io.SeekStart)
	return err
}

// errTooMuch is that of content that is longer than the hub says.
var errTooMuch = errors.New("more comes than the hub has said")

// take writes what comes, up to the file's end.
func (p *part) take(from io.Reader, told func(done int64)) error {
	buffer := make([]byte, 256<<10)
	for {
		n, err := from.Read(buffer)
		if int64(n) > p.Size-p.done {
			return errTooMuch
		}
		if _, failed := p.file.Write(buffer[:n]); failed != nil {
			p.disk = failed
			return failed
		}
		p.hash.Write(buffer[:n])
		p.done += int64(n)
		told(p.done)
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// finish reports whether the content is whole and right; then it is on the disk.
func (p *part) finish() (bool, error) {
	if p.done != p.Size || !p.matches(p.hash) {
		return false, nil
	}
	return true, p.file.Sync()
}

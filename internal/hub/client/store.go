package client

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/loramerge/loramerge/internal/hub"
)

// store is where the files of one commit go in the cache.
type store struct {
	cache      hub.Cache
	repository string // its folder
	snapshot   string
	copied     bool // files themselves are put into the snapshot
}

func (c *Client) store(r hub.Reference, commit string) *store {
	return &store{c.cache, c.cache.Repository(r), c.cache.Snapshot(r, commit), c.copied}
}

// tag marks a folder that backups may leave out. https://bford.info/cachedir/
const tag = "Signature: 8a477f597d28d172789f06886806bc55\n"

// begin makes the folders, and finds out whether there are links.
func (s *store) begin() error {
	for _, folder := range []string{s.blobs(), s.snapshot, s.locks()} {
		if err := os.MkdirAll(folder, 0o777); err != nil {
			return err
		}
	}
	if try := s.temporary("link"); !s.copied {
		s.copied = os.Symlink("nowhere", try) != nil
		if err := remove(try); err != nil {
			return err
		}
	}
	file, err := os.OpenFile(filepath.Join(string(s.cache), "CACHEDIR.TAG"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return nil
	} else if err != nil {
		return err
	}
	_, err = file.WriteString(tag)
	return errors.Join(err, file.Close())
}

func (s *store) blobs() string { return filepath.Join(s.repository, "blobs") }

func (s *store) locks() string {
	return filepath.Join(string(s.cache), ".locks", filepath.Base(s.repository))
}

func (s *store) blob(f File) string { return filepath.Join(s.blobs(), f.Hash) }

// pointer is where a file stands in the snapshot.
func (s *store) pointer(f File) string { return filepath.Join(s.snapshot, filepath.FromSlash(f.Path)) }

// has reports whether the cache has the file, and sees to the link that leads to it.
func (s *store) has(f File) (bool, error) {
	if info, err := os.Lstat(s.pointer(f)); err == nil && info.Mode().IsRegular() {
		if there, err := f.isAt(s.pointer(f)); there || err != nil {
			return there, err
		}
	}
	there, err := f.isAt(s.blob(f))
	if !there || err != nil {
		return false, err
	}
	return true, s.point(f)
}

// point makes the link from the snapshot to the blob, in one step. Where there are no links, a copy takes
// its place.
func (s *store) point(f File) error {
	pointer := s.pointer(f)
	if err := os.MkdirAll(filepath.Dir(pointer), 0o777); err != nil {
		return err
	}
	target, err := filepath.Rel(filepath.Dir(pointer), s.blob(f))
	if err != nil {
		return err
	}
	if is, err := os.Readlink(pointer); err == nil && is == target {
		return nil
	}
	temporary := s.temporary(f.Hash)
	if s.copied {
		err = copyTo(temporary, s.blob(f))
	} else {
		err = os.Symlink(target, temporary)
	}
	if err == nil {
		err = os.Rename(temporary, pointer)
	}
	if err != nil {
		return errors.Join(err, remove(temporary))
	}
	return nil
}

// put gives a part that is whole its name.
func (s *store) put(f File, part string) error {
	if s.copied {
		pointer := s.pointer(f)
		if err := os.MkdirAll(filepath.Dir(pointer), 0o777); err != nil {
			return err
		}
		return os.Rename(part, pointer)
	}
	if err := os.Rename(part, s.blob(f)); err != nil {
		return err
	}
	return s.point(f)
}

func copyTo(path, from string) error {
	data, err := os.Open(from)
	if err != nil {
		return err
	}
	defer data.Close()
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = file.ReadFrom(data)
	return errors.Join(err, file.Close())
}

const incomplete = ".incomplete"

// temporary is a new name beside the blobs, as the hub's libraries have it.
func (s *store) temporary(hash string) string {
	var random [4]byte
	rand.Read(random[:]) // never fails
	return filepath.Join(s.blobs(), hash+"."+hex.EncodeToString(random[:])+incomplete)
}

// part is the path for the download of a file: that of one which was interrupted, if this process has the
// lock and nobody else can be at work on it.
func (s *store) part(f File, locked bool) string {
	if entries, err := os.ReadDir(s.blobs()); err == nil && locked {
		for _, e := range entries {
			if e.Type().IsRegular() && strings.HasPrefix(e.Name(), f.Hash+".") && strings.HasSuffix(e.Name(), incomplete) {
				return filepath.Join(s.blobs(), e.Name())
			}
		}
	}
	return s.temporary(f.Hash)
}

// lock excludes other downloads of the same content, those of the hub's libraries too. On a file system
// without locks it excludes nobody, and held is false.
func (s *store) lock(ctx context.Context, f File, waiting func()) (held bool, release func(), err error) {
	lock := flock.New(filepath.Join(s.locks(), f.Hash+".lock"))
	held, err = lock.TryLock()
	if err == nil && !held {
		waiting()
		held, err = lock.TryLockContext(ctx, 100*time.Millisecond)
	}
	switch {
	case ctx.Err() != nil:
		return false, nil, context.Cause(ctx)
	case errors.Is(err, fs.ErrPermission):
		return false, nil, unwritable(err)
	case err != nil: // what it excludes is no more than wasted work: every content is checked
		return false, func() {}, nil
	}
	return held, func() { _ = lock.Close() }, nil
}

// refer writes the file that names the commit of a branch or tag, in one step.
func (s *store) refer(path, commit string) error {
	if is, err := os.ReadFile(path); err == nil && string(is) == commit {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	temporary := s.temporary("ref")
	err := os.WriteFile(temporary, []byte(commit), 0o666)
	if err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("the cache can't name the commit: %w", err), remove(temporary))
	}
	return nil
}

// remove removes a file, if it is there.
func remove(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

package client

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/hub"
)

// Order is what is to be downloaded for a reference.
type Order struct {
	hub.Reference
	Commit string
	Take   []File
	Leave  []string // the repository's other files
	Path   string   // of the folder or file, once it is there
}

// Look asks what a reference leads to: the adapter of a folder, or a file.
func (c *Client) Look(ctx context.Context, r hub.Reference) (*Order, error) {
	listing, err := c.list(ctx, r)
	if err != nil {
		return nil, err
	}
	take, leave, err := listing.choose(r)
	if err != nil {
		return nil, err
	}
	for i := range take {
		if err := c.complete(ctx, r, listing.Commit, &take[i]); err != nil {
			return nil, err
		}
	}
	path := filepath.Join(c.cache.Snapshot(r, listing.Commit), filepath.FromSlash(r.Folder))
	return &Order{r, listing.Commit, take, leave, path}, nil
}

// Cached reports whether the cache has a file of an order whole; nothing is changed.
func (c *Client) Cached(o *Order, f File) (bool, error) {
	s := c.store(o.Reference, o.Commit)
	there, err := f.isAt(s.pointer(f))
	if there || err != nil {
		return there, err
	}
	return f.isAt(s.blob(f))
}

// Fetch downloads a file of an order, unless it is there. It reports whether it did.
func (c *Client) Fetch(ctx context.Context, o *Order, f File) (downloaded bool, err error) {
	s := c.store(o.Reference, o.Commit)
	if err := s.begin(); err != nil {
		return false, unwritable(err)
	}
	if there, err := s.has(f); there || err != nil {
		return false, err
	}
	held, release, err := s.lock(ctx, f, func() {
		if c.Waiting != nil {
			c.Waiting(fmt.Sprintf("another download of %s is under way", f.Path), 0)
		}
	})
	if err != nil {
		return false, err
	}
	defer release()
	if there, err := s.has(f); there || err != nil {
		return false, err
	}
	path := s.part(f, held)
	p, err := openPart(path, f)
	if err != nil {
		return false, unwritable(err)
	}
	if c.Progress != nil {
		c.Progress(f.Path, p.done, f.Size)
	}
	err = c.download(ctx, o.Reference, o.Commit, p)
	if failed := p.file.Close(); err == nil {
		err = failed
	}
	switch {
	case err == nil:
		if err = s.put(f, path); err != nil {
			return false, unwritable(err)
		}
		return true, nil
	case p.disk != nil || errors.Is(err, errOther):
		if failed := remove(path); failed != nil {
			err = errors.Join(err, failed)
		}
	}
	return false, fault.Wrap(err, "%s: %s", o.Reference.At(o.Commit), f.Path)
}

// Finish names the commit in the cache, where the reference names a branch or a tag: only when all of
// its files are there.
func (c *Client) Finish(o *Order) error {
	if hub.IsCommit(o.Asked()) {
		return nil
	}
	return c.store(o.Reference, o.Commit).refer(c.cache.Ref(o.Reference), o.Commit)
}

func unwritable(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return fmt.Errorf("the Hub's local cache can't be written: %w", err)
	}
	return err
}

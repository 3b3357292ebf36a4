package cache

import (
	"context"
	"errors"
	"fmt"
)

// Verify reads and hashes everything. It removes the files that are bad and the
// names that lead to nothing, and returns their paths. An error is about files
// that could not be listed or removed, or is the context's cause.
func (c *Cache) Verify(ctx context.Context) (bad []string, err error) {
	all, err := c.list()
	items, strays := all.items()
	r := removal{err: err}
	r.files(strays...)
	for _, i := range items {
		if ctx.Err() != nil {
			r.err = errors.Join(r.err, context.Cause(ctx))
			break
		}
		if _, ok := intact(i.content.path, i.content.sum); !ok {
			r.item(i)
		}
	}
	if r.err != nil {
		err = fmt.Errorf("verify cache %s: %w", c.dir, r.err)
	}
	return r.paths, err
}

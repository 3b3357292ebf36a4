package main

import (
	"context"
	"path/filepath"

	"github.com/loramerge/loramerge/internal/lockfile"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/hubcache"
)

// lockedAt is the lock of a recipe with its scores as a git revision has them. It is nil where the
// revision has no lock: there is nothing to compare with then.
func lockedAt(ctx context.Context, name, recipe string) (*evaluate.Locked, error) {
	r, err := revisionAt(ctx, filepath.Dir(recipe), name)
	if err != nil {
		return nil, err
	}
	path, err := r.pathOf(recipe)
	if err != nil {
		return nil, err
	}
	return r.locked(ctx, path)
}

// pins are the origins that the revision's lock of the recipe at git's path has for references.
func (r *revision) pins(ctx context.Context, recipe string) (map[string]string, error) {
	path := lockfile.Path(recipe)
	source, found, err := r.file(ctx, path)
	if err != nil || !found {
		return nil, err
	}
	lock, err := lockfile.Parse(r.spec(path), source)
	if err != nil {
		return nil, err
	}
	return hubcache.PinsOf(lock), nil
}

// locked is the lock of the recipe at git's path, with its scores, or nil where there is none. Its
// errors are Faults.
func (r *revision) locked(ctx context.Context, recipe string) (*evaluate.Locked, error) {
	path := lockfile.Path(recipe)
	source, found, err := r.file(ctx, path)
	if err != nil || !found {
		return nil, err
	}
	lock, err := lockfile.Parse(r.spec(path), source)
	if err != nil {
		return nil, err
	}
	file := lockfile.ScoresPath(path)
	documents, found, err := r.file(ctx, file)
	if err != nil {
		return nil, err
	}
	if !found {
		documents = nil
	}
	return evaluate.NewLocked(lock, r.spec(file), documents)
}

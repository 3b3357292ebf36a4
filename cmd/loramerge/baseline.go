package main

import (
	"context"
	"strings"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/lockfile"
	"github.com/loramerge/loramerge/merge/evaluate"
)

// lockedAt is the lock of a recipe with its scores as a git revision has them. It is nil where the
// revision has no lock: there is nothing to compare with then.
func lockedAt(ctx context.Context, revision, recipe string) (*evaluate.Locked, error) {
	path := lockfile.Path(recipe)
	if strings.HasPrefix(revision, "-") { // git would take it for an option
		return nil, fault.New("%q is not a git revision", revision).Mend("write a branch, a tag or a commit")
	}
	if _, err := git(ctx, path, "rev-parse", "--verify", "--quiet", "--end-of-options", revision+"^{commit}"); err != nil {
		return nil, fault.New("git knows no revision %q here", revision).Because(err).Mend("write a branch, a tag or a commit, and fetch it first where the checkout is of one commit alone")
	}
	source, err := fileAt(ctx, path, revision)
	if err != nil {
		return nil, nil
	}
	lock, err := lockfile.Parse(revision+":"+path, source)
	if err != nil {
		return nil, err
	}
	file := lockfile.ScoresPath(path)
	documents, err := fileAt(ctx, file, revision)
	if err != nil {
		documents = nil
	}
	return evaluate.NewLocked(lock, revision+":"+file, documents)
}

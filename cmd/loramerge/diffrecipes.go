package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/lockfile"
	"github.com/loramerge/loramerge/merge/compare"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// recipeSide is a recipe of a diff: a file, or what a git revision has of it.
type recipeSide struct {
	name string // as it was written
	plan.Written
	lock   string // the path of its lock
	locked func(context.Context) (*evaluate.Locked, error)
	stale  func(context.Context) bool // the lock is known to be of another state of the recipe or its inputs
}

// side finds what an argument names: a file, or REVISION:PATH as git understands it.
func (u *ui) side(c *cobra.Command, name string) (*recipeSide, error) {
	revision, file, ofGit := ofRevision(name)
	if !ofGit {
		return u.sideOnDisk(c, name)
	}
	ctx := c.Context()
	r, err := revisionAt(ctx, ".", revision)
	if err != nil {
		return nil, err
	}
	return u.sideAt(ctx, r, name, r.path(file))
}

// ofRevision takes apart what is no file and looks like a path in a git revision.
func ofRevision(name string) (revision, file string, ok bool) {
	if _, err := os.Lstat(name); err == nil || filepath.VolumeName(name) != "" || strings.Contains(name, "://") {
		return "", "", false
	}
	return strings.Cut(name, ":")
}

// sideOf is what a revision has of a recipe's file; its name is that of no file.
func (u *ui) sideOf(ctx context.Context, name, file string) (*recipeSide, error) {
	r, err := revisionAt(ctx, filepath.Dir(file), name)
	if err != nil {
		return nil, fault.Wrap(err, "%q is not a file", name)
	}
	path, err := r.pathOf(file)
	if err != nil {
		return nil, err
	}
	return u.sideAt(ctx, r, name+":"+filepath.ToSlash(file), path)
}

// sideAt is a recipe as a revision has it, by git's path.
func (u *ui) sideAt(ctx context.Context, r *revision, name, file string) (*recipeSide, error) {
	source, err := r.read(ctx, file)
	if err != nil {
		return nil, err
	}
	u.sources[name] = strings.Split(string(source), "\n")
	parsed, err := plan.ParseRecipe(name, source, nil)
	if err != nil {
		return nil, err
	}
	return &recipeSide{
		name:    name,
		Written: plan.Written{Recipe: parsed, Dir: filepath.Dir(r.onDisk(file)), Library: r.library(ctx)},
		lock:    r.spec(lockfile.Path(file)),
		locked:  func(ctx context.Context) (*evaluate.Locked, error) { return r.locked(ctx, file) },
		stale:   func(context.Context) bool { return false }, // it was committed with its inputs of that time
	}, nil
}

// sideOnDisk is a recipe's file, or what is on standard input, which has no lock.
func (u *ui) sideOnDisk(c *cobra.Command, path string) (*recipeSide, error) {
	name, source, err := u.text(c, path)
	if err != nil {
		return nil, err
	}
	parsed, err := plan.ParseRecipe(name, source, nil)
	if err != nil {
		return nil, err
	}
	s := &recipeSide{name: name, Written: plan.Written{Recipe: parsed, Dir: filepath.Dir(path)}}
	if path == dash {
		s.locked = func(context.Context) (*evaluate.Locked, error) { return nil, nil }
		return s, nil
	}
	s.lock = lockfile.Path(path)
	s.locked = func(context.Context) (*evaluate.Locked, error) { return evaluate.ReadLocked(s.lock) }
	s.stale = func(ctx context.Context) bool { return u.isStale(ctx, path, s.lock) }
	return s, nil
}

// isStale reports whether a lock is of another plan than its recipe's, where the inputs are there to tell.
func (u *ui) isStale(ctx context.Context, file, lock string) bool {
	pinned, err := lockfile.Read(lock)
	if err != nil || pinned == nil || pinned.Digest != digest.Version {
		return false
	}
	p, digests, err := u.digestedPlan(ctx, func() (*plan.Plan, error) { return plan.Load(file, plan.Options{Force: true, Find: u.hub.Find}) })
	if err != nil {
		return false
	}
	defer p.Close()
	return digests.Plan.String() != pinned.Plan
}

// library are the recipes that are loaded, as the revision has them too.
func (r *revision) library(ctx context.Context) plan.Library {
	return func(file, _ string, use *recipe.Reuse) (*recipe.Recipe, error) {
		path, err := r.pathOf(file)
		var source []byte
		if err == nil {
			source, err = r.read(ctx, path)
		}
		if err != nil {
			return nil, fault.At(use.Position, "the recipe is not available").Because(err)
		}
		return use.Parse(r.spec(path), source, stages.Verbs())
	}
}

// recipesDiff is how two recipes differ.
type recipesDiff struct {
	A       string             `json:"a"`
	B       string             `json:"b"`
	Changes []plan.StageChange `json:"changes"`
	Scores  *compare.Versions  `json:"scores,omitempty"` // where both have some of the recipe as it is there
	Notes   []string           `json:"notes,omitempty"`
}

func (u *ui) diffRecipes(ctx context.Context, a, b *recipeSide, asJSON bool) error {
	changes, err := plan.DiffLoaded(a.Written, b.Written)
	if err != nil {
		return err
	}
	d := &recipesDiff{A: a.name, B: b.name, Changes: changes}
	wrong := d.scores(ctx, a, b)
	if asJSON && wrong == nil {
		return u.json(d)
	}
	u.changes(d)
	return wrong
}

// scores compares those that the two locks have, of recipes that have not changed since.
func (d *recipesDiff) scores(ctx context.Context, a, b *recipeSide) error {
	var sides []compare.Version
	var without []string
	for _, s := range []*recipeSide{a, b} {
		locked, err := s.locked(ctx)
		switch {
		case err != nil:
			return err
		case len(locked.Stages()) == 0:
			without = append(without, s.name)
		case s.stale(ctx):
			d.Notes = append(d.Notes, s.name+" or an input has changed since "+s.lock+" was written, so its scores are not compared: run it to measure it as it is now")
		default:
			sides = append(sides, compare.Version{Name: s.name, Lock: s.lock, Locked: locked})
		}
	}
	if len(without) == 1 {
		d.Notes = append(d.Notes, "no scores are compared, since "+without[0]+" has none in its lock")
	}
	if len(sides) < 2 {
		return nil
	}
	found, err := compare.OfVersions(sides[0], sides[1])
	if err == nil && found.Unchanged() {
		d.Notes = append(d.Notes, "both locks have the same scores")
		return nil
	}
	d.Scores = found
	return err
}

package plan

import (
	"cmp"
	"crypto/sha256"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/recipe"
)

func include(r *recipe.Recipe, dir string) *Included {
	in := &Included{Recipe: r, dir: dir, nodes: make(map[string]*Node), stages: make(map[string]*recipe.Stage, len(r.Stages))}
	for _, s := range r.Stages {
		in.stages[s.Name] = s
	}
	return in
}

// newOwn is the plan's own recipe.
func newOwn(r *recipe.Recipe, dir string, options Options) *Included {
	own := include(r, dir)
	own.path, own.find = filepath.ToSlash(filepath.Base(r.File)), options.Find.bound(r.File)
	return own
}

// Label distinguishes it from the same recipe with other values.
func (in *Included) Label() string { return strings.TrimSpace(in.path + " " + in.set) }

// Digest is that of the canonical text of what is loaded of it: as for the plan's own recipe,
// a comment is no change, nor is what else the recipe does.
func (in *Included) Digest() digest.Digest {
	return sha256.Sum256(in.Leading(in.needed...).Canonical())
}

// seen is a path of this recipe, seen from the folder of the plan's own.
func (in *Included) seen(path string) string {
	if in.depth == 0 || filepath.IsAbs(path) || strings.Contains(path, "://") {
		return path
	}
	return filepath.ToSlash(filepath.Join(filepath.Dir(in.path), filepath.FromSlash(path)))
}

// cycleTo leads from the recipe at path, by loads, to this one; nil if it does not.
func (in *Included) cycleTo(path string, visited map[*Included]bool) []string {
	if in.path == path {
		return []string{path}
	}
	visited[in] = true
	for _, by := range in.by {
		if !visited[by] {
			if way := by.cycleTo(path, visited); way != nil {
				return append(way, in.path)
			}
		}
	}
	return nil
}

// dedupe drops what a recipe that is loaded twice, with other values, has reported already.
func dedupe(err error) error {
	var all *multierror.Error
	said := make(map[string]bool)
	for _, e := range fault.List(err) {
		if text := e.Error(); !said[text] {
			said[text] = true
			all = multierror.Append(all, e)
		}
	}
	return all.ErrorOrNil()
}

// sortIncluded orders recipes by what they are, not by when they were met: the order of
// the stages in a file means nothing.
func sortIncluded(all []*Included) {
	slices.SortFunc(all, func(x, y *Included) int {
		return cmp.Or(strings.Compare(x.path, y.path), strings.Compare(x.set, y.set))
	})
}

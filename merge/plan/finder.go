package plan

import (
	"strings"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// Finder finds what a reference such as hf://OWNER/NAME@REVISION leads to, without any network: an
// adapter, or a file of that folder if one is named. recipe is the file of the plan's own recipe, whose
// lock may have pinned it. Its errors are Faults.
type Finder func(recipe, reference, file string) (stages.Found, error)

// IsReference reports whether a path is a reference, for a Finder to find.
func IsReference(path string) bool { return strings.HasPrefix(path, stages.ReferenceScheme) }

// Path is what a path or a reference leads to, seen from the current folder.
func (f Finder) Path(recipe, path string) (stages.Found, error) {
	if f == nil || !IsReference(path) {
		return stages.Found{Path: path}, nil
	}
	return f(recipe, path, "")
}

// Of is the Finder as it finds for one recipe, whatever recipe asks.
func (f Finder) Of(recipe string) Finder {
	if f == nil {
		return nil
	}
	return func(_, reference, file string) (stages.Found, error) { return f(recipe, reference, file) }
}

// bound is the Finder for the stages of one recipe.
func (f Finder) bound(recipe string) func(reference, file string) (stages.Found, error) {
	if f == nil {
		return nil
	}
	return func(reference, file string) (stages.Found, error) { return f(recipe, reference, file) }
}

// Referred are the references that the stages of a recipe need, and those of recipes that it loads. No
// stage is checked, since what they refer to need not be there yet. Its errors are those of recipes.
func Referred(r *recipe.Recipe, dir string, options Options) ([]stages.Need, error) {
	own := newOwn(r, dir, options)
	g := gather(own, options.library())
	var needs []stages.Need
	for _, n := range g.nodes {
		if n.Verb == nil || n.Kind.Needs == nil {
			continue
		}
		for _, need := range n.Kind.Needs(n.Stage) {
			if IsReference(need.Path) {
				needs = append(needs, need)
			}
		}
	}
	return needs, multierror.Append(nil, g.mistakes).ErrorOrNil()
}

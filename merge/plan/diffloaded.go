package plan

import (
	"path/filepath"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// Written is a recipe with the folder that its paths are seen from, and where it finds those that it
// loads; on disk where Library is nil.
type Written struct {
	*recipe.Recipe
	Dir     string
	Library Library
}

// DiffLoaded compares two recipes as Diff does, and the stages that both load from other recipes by
// the same path and values: a change of those is named LOAD/STAGE. Its errors are Faults of the loaded
// recipes.
func DiffLoaded(a, b Written) ([]StageChange, error) { return diffLoaded(a, b, 0) }

func diffLoaded(a, b Written, depth int) ([]StageChange, error) {
	changes := Diff(a.Recipe, b.Recipe)
	for _, is := range b.Stages {
		was, ok := a.Lookup(is.Name)
		if !ok || was.Reuse == nil || is.Reuse == nil || was.InputsText() != is.InputsText() {
			continue
		}
		if depth == mostNested {
			return nil, fault.At(is.Reuse.Position, "recipes load each other more than %d deep", mostNested).Mend("load what is needed from here")
		}
		before, err := a.loaded(was)
		if err != nil {
			return nil, err
		}
		after, err := b.loaded(is)
		if err != nil {
			return nil, err
		}
		within, err := diffLoaded(before, after, depth+1)
		if err != nil {
			return nil, err
		}
		for _, c := range within {
			switch {
			case c.Stage != "":
				c.Stage = is.Name + "/" + c.Stage
			case c.What == wordSeed:
				c.Stage = is.Name
			default:
				continue // what the other recipe says of itself as a whole counts for its own outputs
			}
			changes = append(changes, c)
		}
	}
	return changes, nil
}

// loaded is what a stage loads of another recipe.
func (w Written) loaded(s *recipe.Stage) (Written, error) {
	library := w.Library
	if library == nil {
		library = onDisk
	}
	file := stages.Resolve(w.Dir, s.Reuse.Path)
	other, err := library(file, s.Reuse.Path, s.Reuse)
	if err != nil {
		return Written{}, err
	}
	return Written{other.Leading(s.Reuse.Stage.Stage), filepath.Dir(file), library}, nil
}

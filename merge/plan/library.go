package plan

import (
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// Library finds the recipe that a load names. file is where it lies, path the same seen
// from the folder of the plan's own recipe. Its errors are Faults; with those of the
// recipe's text comes the Recipe, as far as it could be read.
type Library func(file, path string, use *recipe.Reuse) (*recipe.Recipe, error)

// onDisk is the Library of recipes as they are now.
func onDisk(file, _ string, use *recipe.Reuse) (*recipe.Recipe, error) {
	source, err := ReadRecipe(file)
	if err != nil {
		return nil, fault.At(use.Position, "%s", file).Because(fault.Unplaced(err))
	}
	return use.Parse(file, source, stages.Verbs())
}

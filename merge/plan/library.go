package plan

import (
	"errors"

	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// Library finds the recipe that a load names. file is where it lies, path the same seen
// from the folder of the plan's own recipe. Its errors are Mistakes; with those of the
// recipe's text comes the Recipe, as far as it could be read.
type Library func(file, path string, use *recipe.Reuse) (*recipe.Recipe, error)

// onDisk is the Library of recipes as they are now.
func onDisk(file, _ string, use *recipe.Reuse) (*recipe.Recipe, error) {
	source, err := ReadRecipe(file)
	if err != nil {
		m, _ := errors.AsType[*recipe.Mistake](err)
		return nil, &recipe.Mistake{Position: use.Position, Text: file + ": " + m.Text, Remedy: m.Remedy, Cause: m.Cause}
	}
	return use.Parse(file, source, stages.Verbs())
}

package merge

import (
	"errors"
	"path/filepath"

	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// Library finds the recipe that a load names. path is seen from the folder of the plan's
// own recipe. Its errors are Mistakes; with those of the recipe's text comes the Recipe,
// as far as it could be read.
type Library func(path string, use *recipe.Reuse) (*recipe.Recipe, error)

// Files are the recipes on disk; dir is the folder of the plan's own.
func Files(dir string) Library {
	return func(path string, use *recipe.Reuse) (*recipe.Recipe, error) {
		file := joined(dir, path)
		source, err := ReadRecipe(file)
		if m, ok := errors.AsType[*recipe.Mistake](err); ok {
			return nil, &recipe.Mistake{Position: use.Position, Text: file + ": " + m.Text, Remedy: m.Remedy, Cause: m.Cause}
		}
		return use.Parse(file, source, stages.Verbs())
	}
}

// joined is a recipe's path, seen from dir.
func joined(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, filepath.FromSlash(path))
}

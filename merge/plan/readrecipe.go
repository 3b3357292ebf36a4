package plan

import (
	"os"
	"strings"

	"github.com/loramerge/loramerge/internal/lockfile"
	"github.com/loramerge/loramerge/internal/mergekit"
	"github.com/loramerge/loramerge/internal/regular"
	"github.com/loramerge/loramerge/recipe"
)

// ReadRecipe reads a recipe's file. Its errors are Mistakes.
func ReadRecipe(path string) ([]byte, error) {
	at := recipe.Position{File: path, Line: 1, Column: 1}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, &recipe.Mistake{Position: at, Text: "the recipe can't be read", Remedy: "check the path", Cause: err}
	case info.IsDir():
		return nil, recipe.Mistakef(at, "name the recipe's file", "this is a folder, not a recipe")
	case !info.Mode().IsRegular():
		return nil, recipe.Mistakef(at, "name the recipe's file", "this is not a regular file")
	}
	source, err := regular.ReadUpTo(path, recipe.SizeLimit+1)
	if err != nil {
		return nil, &recipe.Mistake{Position: at, Text: "the recipe can't be read", Remedy: "check its permissions", Cause: err}
	}
	if err := otherFile(at, source); err != nil {
		return nil, err
	}
	return source, nil
}

// IsLock tells whether a YAML file is the lock of a recipe, whatever it is called. Who
// looks for recipes by a pattern meets their locks too.
func IsLock(source []byte) bool { return lockfile.Is(source) }

// IsRecipe tells whether a file was written to be a recipe, right or wrong, as IsLock does.
func IsRecipe(source []byte) bool { return lockfile.OfRecipe(source) }

// otherFile names a file that is well known to be no recipe: to read it as one would
// give a mistake for each of its lines.
func otherFile(at recipe.Position, source []byte) error {
	switch {
	case lockfile.Is(source):
		return recipe.Mistakef(at, "name the recipe itself"+lockedBy(at.File), "this is the lock of a recipe, not a recipe")
	case mergekit.Is(source):
		return recipe.Mistakef(at, "`loramerge import "+at.File+"` turns it into a recipe", "this is a configuration of mergekit, not a recipe")
	}
	return nil
}

// lockedBy names the recipe beside a lock.
func lockedBy(lock string) string {
	stem, found := strings.CutSuffix(lock, lockfile.Ending)
	for _, ending := range []string{".yaml", ".yml"} {
		if info, err := os.Stat(stem + ending); found && err == nil && info.Mode().IsRegular() {
			return ", " + stem + ending
		}
	}
	return ""
}

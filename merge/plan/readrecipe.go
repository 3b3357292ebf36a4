package plan

import (
	"os"
	"strings"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/lockfile"
	"github.com/loramerge/loramerge/internal/mergekit"
	"github.com/loramerge/loramerge/internal/osfile"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// ReadRecipe reads a recipe's file. Its errors are Faults.
func ReadRecipe(path string) ([]byte, error) {
	at := recipe.Position{File: path, Line: 1, Column: 1}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fault.At(at, "the recipe can't be read").Because(err).Mend("check the path")
	case info.IsDir():
		return nil, fault.At(at, "this is a folder, not a recipe").Mend("name the recipe's file")
	case !info.Mode().IsRegular():
		return nil, fault.At(at, "this is not a regular file").Mend("name the recipe's file")
	}
	source, err := osfile.ReadUpTo(path, recipe.SizeLimit+1)
	if err != nil {
		return nil, fault.At(at, "the recipe can't be read").Because(err).Mend("check its permissions")
	}
	if err := otherFile(at, source); err != nil {
		return nil, err
	}
	return source, nil
}

// ParseRecipe parses a recipe that does not come from a file of its name, as one that git has. Its
// errors are Faults, and the Recipe is nil only where the text is no recipe at all.
func ParseRecipe(name string, source []byte, vars map[string]string) (*recipe.Recipe, error) {
	if err := otherFile(recipe.Position{File: name, Line: 1, Column: 1}, source); err != nil {
		return nil, err
	}
	return recipe.ParseWith(name, source, stages.Verbs(), vars)
}

// IsLock reports whether a YAML file is the lock of a recipe, whatever its name: a pattern that
// finds recipes finds their locks too.
func IsLock(source []byte) bool { return lockfile.Is(source) }

// IsRecipe reports whether a file was written to be a recipe, right or wrong, as IsLock does.
func IsRecipe(source []byte) bool { return lockfile.OfRecipe(source) }

// otherFile names a file that is well known to be no recipe: to read it as one would
// give a mistake for each of its lines.
func otherFile(at recipe.Position, source []byte) error {
	switch {
	case lockfile.Is(source):
		return fault.At(at, "this is the lock of a recipe, not a recipe").Mend("name the recipe itself" + lockedBy(at.File))
	case mergekit.Is(source):
		return fault.At(at, "this is a configuration of mergekit, not a recipe").Mend("`loramerge import " + at.File + "` turns it into a recipe")
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

// Library finds the recipe that a load names. file is where it lies, path the same seen
// from the folder of the plan's own recipe. Its errors are Faults; with those of the
// recipe's text comes the Recipe, as far as it could be read.
type Library func(file, path string, use *recipe.Reuse) (*recipe.Recipe, error)

// library is the one that is given, or that of files.
func (o Options) library() Library {
	if o.Library == nil {
		return onDisk
	}
	return o.Library
}

// onDisk is the Library that reads files.
func onDisk(file, _ string, use *recipe.Reuse) (*recipe.Recipe, error) {
	source, err := ReadRecipe(file)
	if err != nil {
		return nil, fault.At(use.Position, "%s", file).Because(fault.Unplaced(err))
	}
	return use.Parse(file, source, stages.Verbs())
}

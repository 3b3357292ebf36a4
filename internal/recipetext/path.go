package recipetext

import (
	"path/filepath"

	"github.com/loramerge/loramerge/internal/osfile"
)

// Path is a path, seen from the current folder, as a recipe in the folder dir writes
// it: absolute if it is so already. A recipe's `..` leads up from where its folder really
// lies, so the way is measured from there, even where dir is reached through a link.
func Path(dir, path string) (string, error) {
	if filepath.IsAbs(path) {
		return filepath.ToSlash(filepath.Clean(path)), nil
	}
	relative, err := filepath.Rel(osfile.Resolve(osfile.Abs(dir)), osfile.Abs(path))
	return filepath.ToSlash(relative), err
}

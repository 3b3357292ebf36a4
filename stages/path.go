package stages

import (
	"path/filepath"
	"strings"

	"github.com/loramerge/loramerge/internal/osfile"
)

// startsAtHome reports whether a path begins with a home folder, as a shell reads it. A recipe means the same
// to whoever runs it, so it is not expanded; a folder of that name is ./~.
func startsAtHome(path string) bool { return strings.HasPrefix(path, "~") }

const homeRemedy = "write the path relative to the recipe's file, or in full"

// Resolve is where a path of a recipe in the folder dir leads, seen from the current folder. One that
// goes up from the recipe's folder goes up from where that really lies, as the system
// does: a recipe in a folder that is reached through a symbolic link means the same as
// it does when it is started inside that folder. Within the path itself `..` takes the
// name before it away, as a reviewer of the recipe reads it.
func Resolve(dir, path string) string {
	path = filepath.Clean(filepath.FromSlash(path))
	switch {
	case filepath.IsAbs(path):
		return path
	case filepath.IsLocal(path):
		return filepath.Join(dir, path)
	default:
		return filepath.Join(osfile.Resolve(dir), path)
	}
}

package lockfile

import (
	"path/filepath"
	"regexp"
	"strings"
)

// Is reports whether a file is the lock of a recipe. It goes by what the file holds, not
// by its name, and by lines rather than by YAML: a lock is one too where git has left
// the marks of a conflict in it, or a newer loramerge has written it.
func Is(source []byte) bool { return version.Match(source) && !stages.Match(source) }

// OfRecipe reports whether a file is what locks belong to.
func OfRecipe(source []byte) bool { return stages.Match(source) }

// Every lock has its format's version at the top level, and every recipe its stages.
var (
	version = regexp.MustCompile(`(?m)^["']?lock["']?[ \t]*:[ \t]*\d`)
	stages  = regexp.MustCompile(`(?m)^["']?stages["']?[ \t]*:`)
)

// Ending is how the name of every lock ends.
const Ending = ".lock.yaml"

// Path is where the lock of a recipe lies: ties.lock.yaml for ties.yaml.
func Path(recipePath string) string {
	return strings.TrimSuffix(recipePath, filepath.Ext(recipePath)) + Ending
}

package lockfile

import (
	"path/filepath"
	"regexp"
	"strings"
)

// Is reports whether a file is the lock of a recipe. It looks at the content, not
// at the name, and at lines rather than at YAML: a lock in which git has left the marks of a
// conflict, or which a newer loramerge has written, is one too.
func Is(source []byte) bool { return version.Match(source) && !stages.Match(source) }

// OfRecipe reports whether a file is a recipe.
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

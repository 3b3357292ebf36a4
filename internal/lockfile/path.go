package lockfile

import (
	"path/filepath"
	"strings"
)

// Ending is how the name of every lock ends.
const Ending = ".lock.yaml"

// Path is where the lock of a recipe lies: ties.lock.yaml for ties.yaml.
func Path(recipePath string) string {
	return strings.TrimSuffix(recipePath, filepath.Ext(recipePath)) + Ending
}

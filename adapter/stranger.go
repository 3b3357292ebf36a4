package adapter

import (
	"errors"
	"os"
	"path/filepath"
	"slices"

	"github.com/loramerge/loramerge/internal/safetensors"
)

// MadeBy is the key of the weights' metadata by which a folder of ours is known.
const MadeBy = "loramerge.version"

// The files that a save writes. A folder that holds anything else is not only ours.
var ownFiles = []string{ConfigFile, WeightsFile, CardFile, RecipeFile}

// CardFile and RecipeFile stand beside the two files of PEFT.
const (
	CardFile   = "README.md"
	RecipeFile = "recipe.yaml"
)

// Stranger names something in a folder that would be lost if a save replaced it. A
// folder that is absent, empty or made by loramerge holds nothing of the kind; what is
// no folder, or cannot be read, is a stranger itself.
func Stranger(folder string) (string, bool) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, os.ErrNotExist) || err == nil && len(entries) == 0 {
		return "", false
	}
	if err != nil {
		return filepath.Base(folder), true
	}
	for _, entry := range entries {
		if !slices.Contains(ownFiles, entry.Name()) || !entry.Type().IsRegular() {
			return entry.Name(), true
		}
	}
	file, err := safetensors.Open(filepath.Join(folder, WeightsFile))
	if err != nil {
		return entries[0].Name(), true
	}
	defer file.Close()
	if _, ours := file.Metadata()[MadeBy]; !ours {
		return WeightsFile, true
	}
	return "", false
}

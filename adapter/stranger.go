package adapter

import (
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
// folder that is absent, empty or made by loramerge holds nothing of the kind.
func Stranger(folder string) (string, bool) {
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) == 0 {
		return "", false
	}
	for _, entry := range entries {
		if !slices.Contains(ownFiles, entry.Name()) {
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

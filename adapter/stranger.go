package adapter

import (
	"errors"
	"os"
	"path/filepath"
	"slices"

	"github.com/loramerge/loramerge/internal/safetensors"
)

// MadeBy is the key of the weights' metadata by which a folder of ours is known: under it
// stands the recipe.
const MadeBy = "loramerge.recipe"

// The files that a save writes. A folder that holds anything else is not only ours.
var ownFiles = []string{ConfigFile, WeightsFile, CardFile, RecipeFile}

// CardFile and RecipeFile stand beside the two files of PEFT.
const (
	CardFile   = "README.md"
	RecipeFile = "recipe.yaml"
)

// Stranger names something in a folder that would be lost if a save replaced it. A
// folder that is absent, empty or made by loramerge holds nothing of the kind: the name
// is empty. An error says why that can't be told.
func Stranger(folder string) (string, error) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, os.ErrNotExist) || err == nil && len(entries) == 0 {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	for _, entry := range entries {
		if !slices.Contains(ownFiles, entry.Name()) || !entry.Type().IsRegular() {
			return entry.Name(), nil
		}
	}
	file, err := safetensors.Open(filepath.Join(folder, WeightsFile))
	if _, damaged := errors.AsType[*safetensors.FormatError](err); damaged || errors.Is(err, os.ErrNotExist) {
		return entries[0].Name(), nil
	}
	if err != nil {
		return "", err
	}
	defer file.Close()
	if _, ours := file.Metadata()[MadeBy]; !ours {
		return WeightsFile, nil
	}
	return "", nil
}

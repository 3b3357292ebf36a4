package adapter

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/safetensors"
)

// MadeBy is the key of the weights' metadata by which a folder of ours is known. Its
// value is the recipe.
const MadeBy = "loramerge.recipe"

// ownFiles are the files that a save writes. A folder that contains anything else is not only ours.
var ownFiles = []string{ConfigFile, WeightsFile, CardFile, RecipeFile}

// CardFile and RecipeFile are written in addition to the two files of PEFT.
const (
	CardFile   = "README.md"
	RecipeFile = "recipe.yaml"
)

// MadeCarrying is the key of the files that a save copied from its inputs' folders: a
// JSON list of objects with their names.
const MadeCarrying = "loramerge.carried"

// MayCarry reports whether a save may copy a file of that name: a plain name that is none of
// the save's own.
func MayCarry(name string) bool {
	if name == "" || name == "." || !filepath.IsLocal(name) || strings.ContainsAny(name, `/\:`) || strings.ContainsFunc(name, unicode.IsControl) {
		return false
	}
	return !slices.ContainsFunc(ownFiles, func(own string) bool { return strings.EqualFold(own, name) })
}

// Carried are the files that an output of ours says it carries.
func Carried(metadata map[string]string) []string {
	var files []struct{ Name string }
	if json.Unmarshal([]byte(metadata[MadeCarrying]), &files) != nil {
		return nil
	}
	var names []string
	for _, f := range files {
		if MayCarry(f.Name) {
			names = append(names, f.Name)
		}
	}
	return names
}

// Stranger names something in a folder that would be lost if a save replaced it. A
// folder that is absent, empty or made by loramerge holds nothing of the kind: the name
// is empty. An error says why that is not known, such as damaged weights.
func Stranger(folder string) (string, error) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, os.ErrNotExist) || err == nil && len(entries) == 0 {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	var beside []string
	for _, entry := range entries {
		if !entry.Type().IsRegular() {
			return entry.Name(), nil
		}
		if !slices.Contains(ownFiles, entry.Name()) {
			beside = append(beside, entry.Name())
		}
	}
	metadata, err := metadataOf(folder)
	if err != nil {
		return "", err
	}
	carried := Carried(metadata)
	beside = slices.DeleteFunc(beside, func(name string) bool { return slices.Contains(carried, name) })
	switch _, ours := metadata[MadeBy]; {
	case len(beside) > 0:
		return beside[0], nil
	case metadata == nil:
		return entries[0].Name(), nil
	case !ours:
		return WeightsFile, nil
	}
	return "", nil
}

// metadataOf is what a folder's weights say of themselves; nil if they are absent.
func metadataOf(folder string) (map[string]string, error) {
	file, err := safetensors.Open(filepath.Join(folder, WeightsFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if damage, ok := err.(*fault.Fault); ok {
		return nil, fmt.Errorf("%s is damaged: %s", WeightsFile, damage.Text)
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if metadata := file.Metadata(); metadata != nil {
		return metadata, nil
	}
	return map[string]string{}, nil
}

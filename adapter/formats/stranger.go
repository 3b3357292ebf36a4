package formats

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
)

// ownFiles are the files that saves write. A folder that contains anything else is not only ours.
func ownFiles() []string {
	own := []string{adapter.CardFile, adapter.RecipeFile}
	for _, format := range All {
		for _, name := range []string{format.Names().Weights, format.Names().Config} {
			if name != "" {
				own = append(own, name)
			}
		}
	}
	return own
}

// MayCarry reports whether a save may copy a file of that name: a plain name that is none of
// the save's own.
func MayCarry(name string) bool {
	if name == "" || name == "." || !filepath.IsLocal(name) || strings.ContainsAny(name, `/\:`) || strings.ContainsFunc(name, unicode.IsControl) {
		return false
	}
	return !slices.ContainsFunc(ownFiles(), func(own string) bool { return strings.EqualFold(own, name) })
}

// Carried are the files that an output of ours says it carries.
func Carried(metadata map[string]string) []string {
	var files []struct{ Name string }
	if json.Unmarshal([]byte(metadata[adapter.MadeCarrying]), &files) != nil {
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
	for _, entry := range entries {
		if !entry.Type().IsRegular() {
			return entry.Name(), nil
		}
	}
	found, metadata, err := metadataOf(folder)
	if err != nil {
		return "", err
	}
	own := []string{found.Weights, found.Config, adapter.CardFile, adapter.RecipeFile}
	var beside []string
	for _, entry := range entries {
		if !slices.Contains(own, entry.Name()) {
			beside = append(beside, entry.Name())
		}
	}
	carried := Carried(metadata)
	beside = slices.DeleteFunc(beside, func(name string) bool { return slices.Contains(carried, name) })
	switch _, ours := metadata[adapter.MadeBy]; {
	case len(beside) > 0:
		return beside[0], nil
	case metadata == nil:
		return entries[0].Name(), nil
	case !ours:
		return found.Weights, nil
	}
	return "", nil
}

// metadataOf is what a folder's weights say of themselves, and the files that a save in their
// format writes; nil if they are absent.
func metadataOf(folder string) (names adapter.Files, metadata map[string]string, err error) {
	for _, format := range All {
		names = format.Names()
		file, err := format.OpenStore(filepath.Join(folder, names.Weights))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if damage, ok := err.(*fault.Fault); ok {
			return names, nil, fmt.Errorf("%s is damaged: %s", names.Weights, damage.Text)
		}
		if err != nil {
			return names, nil, err
		}
		metadata := file.Metadata()
		if metadata == nil {
			metadata = map[string]string{}
		}
		return names, metadata, file.Close()
	}
	return adapter.Files{}, nil, nil
}

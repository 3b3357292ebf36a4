package stages

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/loramerge/loramerge/recipe"
)

// repositoryForm is the name of a repository on the Hugging Face Hub.
var repositoryForm = regexp.MustCompile(`^[A-Za-z0-9][\w.-]*/[\w.-]+$`)

// hubPrefixes are the ways to write where such a repository lies.
var hubPrefixes = []string{"hf://", "https://huggingface.co/", "https://hf.co/"}

// checkLocal refuses a path that means something on a network, or nothing: a recipe
// fetches nothing, so what it merges is what a reviewer can look at.
func (l *load) checkLocal(source recipe.Source) error {
	if repository, ok := l.repository(source.Path); ok {
		return recipe.Mistakef(source.Position, "download it first, `hf download "+repository+" --local-dir adapters/"+source.Name+"`, and load adapters/"+source.Name,
			"%q is no folder here, and nothing is fetched", source.Path).See("nothing-is-fetched")
	}
	if strings.Contains(source.Path, "://") {
		return recipe.Mistakef(source.Position, "download its folder first, and load that", "%q is an address, and nothing is fetched", source.Path).See("nothing-is-fetched")
	}
	if folder := l.resolve(source.Path); !filepath.IsAbs(source.Path) && absent(folder) {
		return recipe.Mistakef(source.Position, "check the path: it is relative to the recipe's own folder", "there is no folder %s", folder)
	}
	return nil
}

func absent(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// repository is the Hub's repository that a path seems to name. A name of two parts may
// as well be a folder, misspelt if its parent is there.
func (l *load) repository(path string) (string, bool) {
	for _, prefix := range hubPrefixes {
		if rest, found := strings.CutPrefix(path, prefix); found {
			parts := strings.Split(rest, "/")
			name := strings.Join(parts[:min(2, len(parts))], "/")
			return name, repositoryForm.MatchString(name)
		}
	}
	return path, repositoryForm.MatchString(path) && absent(filepath.Dir(l.resolve(path)))
}

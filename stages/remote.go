package stages

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/recipe"
)

// repositoryForm is the name of a repository on the Hugging Face Hub.
var repositoryForm = regexp.MustCompile(`^[A-Za-z0-9][\w.-]*/[\w.-]+$`)

var revisionForm = regexp.MustCompile(`^[A-Za-z0-9][\w.-]*$`)

// hubPrefixes are the ways to write where such a repository lies.
var hubPrefixes = []string{"hf://", "https://huggingface.co/", "https://hf.co/"}

// checkLocal refuses a path that means something on a network, or nothing: a recipe
// fetches nothing, so what it merges is what a reviewer can look at.
func (s Spec) checkLocal(source recipe.Source) error {
	if startsAtHome(source.Path) {
		return fault.At(source.Position, "%q begins with ~, which is the shell's and means nothing in a recipe", source.Path).Mend(homeRemedy)
	}
	if repository, revision, ok := hubRepository(source.Path); ok {
		if revision != "" {
			revision = " --revision " + revision
		}
		return fault.At(source.Position, "%q is a network address, and nothing is downloaded", source.Path).
			Mend("download it first, `hf download " + repository + revision + " --local-dir " + s.resolve("adapters/"+source.Name) + "`, and load adapters/" + source.Name).See("nothing-is-fetched")
	}
	if strings.Contains(source.Path, "://") {
		return fault.At(source.Position, "%q is a network address, and nothing is downloaded", source.Path).Mend("download its folder first, and load that").See("nothing-is-fetched")
	}
	folder := s.resolve(source.Path)
	if repositoryForm.MatchString(source.Path) && absent(folder) && absent(filepath.Dir(folder)) {
		return fault.At(source.Position, "there is no folder %s, and nothing is downloaded", folder).
			Mend("check the path: it is relative to the recipe's own folder; a repository of the Hub must be downloaded first").See("nothing-is-fetched")
	}
	if !filepath.IsAbs(source.Path) && absent(folder) {
		return fault.At(source.Position, "there is no folder %s", folder).Mend("check the path: it is relative to the recipe's own folder")
	}
	return nil
}

func absent(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// hubRepository is the Hub's repository that an address names, and its revision if it says one:
// hf://OWNER/NAME@REVISION, or a page of the site.
func hubRepository(path string) (repository, revision string, ok bool) {
	for _, prefix := range hubPrefixes {
		if rest, found := strings.CutPrefix(path, prefix); found {
			parts := strings.Split(rest, "/")
			name, revision, _ := strings.Cut(strings.Join(parts[:min(2, len(parts))], "/"), "@")
			return name, revision, repositoryForm.MatchString(name) && (revision == "" || revisionForm.MatchString(revision))
		}
	}
	return "", "", false
}

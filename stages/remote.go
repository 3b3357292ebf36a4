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

// ReferenceScheme begins a reference to a repository of the Hub: hf://OWNER/NAME@REVISION/FOLDER.
const ReferenceScheme = "hf://"

// hubPages are the beginnings of a repository's page on the Hub's site.
var hubPages = []string{"https://huggingface.co/", "https://hf.co/"}

// Need is what a stage reads by a path or a reference.
type Need struct {
	recipe.Source
	File string // what is needed of it; empty for an adapter
}

// find gives the folder or file of what is needed. A path that means something else on a network, or nothing, is
// refused: a run fetches nothing, so what it merges is what a reviewer can look at.
func (s Spec) find(source Need) (Found, error) {
	switch {
	case startsAtHome(source.Path):
		return Found{}, fault.At(source.Position, "%q begins with ~, which is the shell's and means nothing in a recipe", source.Path).Mend(homeRemedy)
	case strings.HasPrefix(source.Path, ReferenceScheme):
		return s.findReference(source)
	case strings.Contains(source.Path, "://"):
		m := fault.At(source.Position, "%q is a network address, and nothing is downloaded", source.Path).See("nothing-is-fetched")
		if reference, ok := ofPage(source.Path); ok {
			return Found{}, m.Mend("load " + reference)
		}
		return Found{}, m.Mend("download its folder first, and load that")
	}
	folder := filepath.Join(s.resolve(source.Path), source.File)
	if repositoryForm.MatchString(source.Path) && absent(folder) && absent(filepath.Dir(folder)) {
		return Found{Path: folder}, fault.At(source.Position, "there is no folder %s, and nothing is downloaded", folder).
			Mend("check the path, which is relative to the recipe's own folder; a repository of the Hub is written hf://OWNER/NAME").See("nothing-is-fetched")
	}
	if !filepath.IsAbs(source.Path) && absent(folder) {
		return Found{Path: folder}, fault.At(source.Position, "there is no folder %s", folder).Mend("check the path: it is relative to the recipe's own folder")
	}
	return Found{Path: folder}, nil
}

// findReference asks whoever finds references.
func (s Spec) findReference(source Need) (Found, error) {
	if s.Find == nil {
		return Found{}, fault.At(source.Position, "%q is a reference to the Hugging Face Hub, and this program was given nothing that finds it", source.Path).
			Mend("give plan.Options a Find, as package hubcache has one")
	}
	found, err := s.Find(source.Path, source.File)
	return found, fault.Place(source.Position, err)
}

func absent(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// ofPage is the reference to the repository, and the revision and folder if it shows one, of a page of
// the Hub: https://huggingface.co/OWNER/NAME/tree/REVISION/FOLDER.
func ofPage(address string) (reference string, ok bool) {
	for _, prefix := range hubPages {
		rest, found := strings.CutPrefix(address, prefix)
		if !found {
			continue
		}
		parts := strings.Split(strings.Trim(rest, "/"), "/")
		if len(parts) < 2 || !repositoryForm.MatchString(parts[0]+"/"+parts[1]) {
			return "", false
		}
		reference = ReferenceScheme + parts[0] + "/" + parts[1]
		if len(parts) > 3 && parts[2] == "tree" {
			reference += "@" + strings.Join(parts[3:], "/")
		}
		return reference, true
	}
	return "", false
}

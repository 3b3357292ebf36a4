package command

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/leftover"
	"github.com/loramerge/loramerge/internal/osfile"
)

// Leave is a user's record of the recipes whose commands may run without being asked about: a
// folder with one file for each. A recipe has leave for one [Execution]; another recipe with the
// same commands has not, since they may mean other programs in its folder.
type Leave struct{ folder string }

// Allowed is one entry of the record.
type Allowed struct {
	Recipe    string        `json:"recipe"` // an absolute path
	Execution digest.Digest `json:"execution"`
}

// LeaveIn is the record in a folder, which need not be there.
func LeaveIn(folder string) Leave { return Leave{folder} }

// Has reports whether a recipe has leave for what it would execute, and whether it had it for something
// else.
func (l Leave) Has(recipe string, execution digest.Digest) (given, changed bool, err error) {
	record, err := l.read(l.entry(recipe))
	if errors.Is(err, fs.ErrNotExist) {
		return false, false, nil
	}
	given = err == nil && record.Recipe == place(recipe) && record.Execution == execution
	return given, err == nil && !given, err
}

// Give records leave for a recipe. It replaces what the recipe had.
func (l Leave) Give(recipe string, execution digest.Digest) error {
	text, err := json.Marshal(Allowed{place(recipe), execution})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(l.folder, 0o700); err != nil {
		return l.unusable(err)
	}
	defer leftover.Hold()()
	file, err := os.CreateTemp(l.folder, "new-*") // of mode 0600
	if err != nil {
		return l.unusable(err)
	}
	_, err = file.Write(append(text, '\n'))
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), l.entry(recipe))
	}
	if err != nil {
		return l.unusable(errors.Join(err, os.Remove(file.Name())))
	}
	return nil
}

// Revoke takes leave away, and reports whether there was any.
func (l Leave) Revoke(recipe string) (bool, error) {
	err := os.Remove(l.entry(recipe))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, l.unusable(err)
}

// List are the recipes with leave, by their paths.
func (l Leave) List() ([]Allowed, error) {
	entries, err := os.ReadDir(l.folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var out []Allowed
	for _, entry := range entries {
		if filepath.Ext(entry.Name()) != ".json" {
			continue
		}
		allowed, failed := l.read(filepath.Join(l.folder, entry.Name()))
		if failed != nil {
			return nil, failed
		}
		out = append(out, allowed)
	}
	slices.SortFunc(out, func(a, b Allowed) int { return strings.Compare(a.Recipe, b.Recipe) })
	return out, l.unusable(err)
}

// place is a recipe's name in the folder where its commands run. A link to the recipe is another place:
// in the folder of a link, the same words may execute other files.
func place(recipe string) string {
	dir, name := filepath.Split(osfile.Abs(recipe))
	return filepath.Join(osfile.Resolve(filepath.Clean(dir)), name)
}

// entry is the file of a recipe.
func (l Leave) entry(recipe string) string {
	sum := digest.Describe("recipe").Text(place(recipe)).Sum()
	return filepath.Join(l.folder, hex.EncodeToString(sum[:16])+".json")
}

func (l Leave) read(file string) (Allowed, error) {
	var out Allowed
	text, err := osfile.ReadUpTo(file, 1<<16)
	if errors.Is(err, fs.ErrNotExist) {
		return out, fs.ErrNotExist
	}
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	if err != nil {
		return out, fault.In(file, "the leave to run a recipe's commands can't be read").Because(fault.Unplaced(err)).Mend("remove the file, and give leave again with `loramerge allow RECIPE`")
	}
	return out, nil
}

func (l Leave) unusable(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the record of what may run, in %s: %w", l.folder, err)
}

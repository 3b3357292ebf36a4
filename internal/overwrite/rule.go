package overwrite

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/osfile"
)

// Rule is what a command may write over.
type Rule struct {
	Force bool // also what loramerge did not make
	Kept  []Kept
}

// Kept is a file or a folder that is replaced by nothing.
type Kept struct {
	Path   string
	What   string // it is: "the recipe"
	Closed bool   // nothing is written into it either
}

// Foreign says what at a path loramerge did not make, as "it holds notes.txt, which loramerge did
// not make" does; nothing if all is its own, or there is nothing.
type Foreign func(path string) (what string, err error)

// Check refuses a folder that may not be written. Its error is a Fault whose text names what
// is in the way.
func (r Rule) Check(folder string, foreign Foreign) error {
	const instead = "save to another folder"
	if err := r.spares(folder, instead); err != nil {
		return err
	}
	return r.allows(folder, instead, foreign)
}

// spares refuses what would touch what is kept.
func (r Rule) spares(path, instead string) error {
	for _, k := range r.Kept {
		switch {
		case reaches(path, k.Path):
			return fault.New("this would replace %s, %s", k.Path, k.What).Mend(instead)
		case k.Closed && reaches(k.Path, path):
			return fault.New("this is in %s, %s, which is replaced as a whole", k.Path, k.What).Mend("write next to it")
		}
	}
	return nil
}

// allows refuses what is not loramerge's own, unless that is forced.
func (r Rule) allows(path, instead string, foreign Foreign) error {
	if r.Force {
		return nil
	}
	what, err := foreign(path)
	switch {
	case err != nil:
		return fault.New("can't find out whether loramerge made %s", path).Because(err).Mend(instead + ", or replace it with --force")
	case what != "":
		return fault.New("%s %s", path, what).Mend(instead + ", or replace it with --force")
	}
	return nil
}

// reaches reports whether to write a path is to write another one: it is the same file, or
// a folder that holds it, by this name or where links lead.
func reaches(path, other string) bool {
	other = osfile.Abs(other)
	return holds(path, other) || holds(path, osfile.Resolve(other))
}

// holds reports whether something is the path or one of its parents, by whatever name: it has
// several where the file system ignores case, is mounted twice or has links.
func holds(something, path string) bool {
	something = osfile.Abs(something)
	if Within(path, something) {
		return true
	}
	info, err := os.Stat(something)
	if err != nil {
		return false
	}
	for parent := filepath.Dir(path); ; path, parent = parent, filepath.Dir(parent) {
		if at, err := os.Stat(path); err == nil && os.SameFile(at, info) {
			return true
		}
		if parent == path {
			return false
		}
	}
}

// Within reports whether a path is a folder, or lies in it, by their letters.
func Within(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, folder+string(filepath.Separator))
}

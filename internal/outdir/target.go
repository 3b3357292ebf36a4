package outdir

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/internal/fault"
)

// checkName refuses a path whose last element is no name, so that no work folder could be named after it.
func checkName(target string) error {
	switch name := filepath.Base(target); {
	case name == ".", name == "..", filepath.Dir(target) == target:
		return fault.New("%q does not end in a folder's name", target).Mend("write the name out")
	}
	return nil
}

// present reports whether there is a folder at target. What may not be replaced is an error.
func (c calls) present(target string) (bool, error) {
	info, err := c.Lstat(target)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	case info.Mode().Type() == fs.ModeSymlink:
		return false, refuseLink(target)
	case !info.IsDir():
		return false, fault.New("%s is not a folder", target).Mend("remove it, or save under another name")
	}
	return true, nil
}

func refuseLink(target string) error {
	end, err := os.Readlink(target)
	if err != nil {
		return err
	}
	return fault.New("%s is a symbolic link to %s", target, end).Mend("save to that folder itself, or remove the link")
}

// makeFolders makes folder and its parents where they are missing, and returns what it made, outermost first.
func (c calls) makeFolders(folder string) (made []string, err error) {
	missing, err := c.missing(folder)
	if err != nil {
		return nil, err
	}
	for _, path := range slices.Backward(missing) {
		err := c.Mkdir(path, 0o777)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return made, err
		}
		made = append(made, path)
	}
	return made, nil
}

// missing lists folder and its parents as far as they do not exist, innermost first.
func (c calls) missing(folder string) (paths []string, err error) {
	for {
		_, err := c.Lstat(folder)
		if err == nil {
			return paths, nil
		}
		outer := filepath.Dir(folder)
		if !errors.Is(err, fs.ErrNotExist) || outer == folder {
			return nil, err
		}
		paths = append(paths, folder)
		folder = outer
	}
}

// longestInPattern leaves room for what workPattern adds to a target's name: file systems
// allow 255 bytes (NAME_MAX), some that encrypt names 143.
const longestInPattern = 100

// workPattern is the pattern of [os.MkdirTemp] for a target's work folders. A long name is
// cut, and a hash distinguishes it from others with the same beginning.
func workPattern(target string) string {
	name := filepath.Base(target)
	if len(name) > longestInPattern {
		sum := sha256.Sum256([]byte(name))
		name = strings.ToValidUTF8(name[:longestInPattern-17], "") + "-" + hex.EncodeToString(sum[:8])
	}
	return "." + name + ".loramerge-*"
}

// isWork reports whether os.MkdirTemp can have made name from the target's pattern, which puts a decimal
// number for the star.
func isWork(name, target string) bool {
	number, found := strings.CutPrefix(name, strings.TrimSuffix(workPattern(target), "*"))
	return found && number != "" && strings.Trim(number, "0123456789") == ""
}

// Check refuses what Stage would refuse: a name that can't be replaced, a symbolic
// link, a file. A planner calls it before any work.
func Check(target string) error {
	if err := checkName(target); err != nil {
		return err
	}
	_, err := system.present(target)
	return err
}

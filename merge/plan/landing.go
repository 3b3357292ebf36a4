package plan

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/osfile"
	"github.com/loramerge/loramerge/recipe"
)

// landing is where a path leads once the symbolic links among its parent folders are
// followed. Parents that are still to be made lead nowhere else; the last element
// itself may not be a link (outdir.Check).
func landing(path string) (string, error) {
	folder, rest := filepath.Dir(path), filepath.Base(path)
	for {
		_, err := os.Lstat(folder)
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrNotExist) || filepath.Dir(folder) == folder {
			return "", err
		}
		folder, rest = filepath.Dir(folder), filepath.Join(filepath.Base(folder), rest)
	}
	real, err := filepath.EvalSymlinks(folder)
	return filepath.Join(real, rest), err
}

// checkLanding refuses a target below the recipe's folder whose parents lead out of it
// through a symbolic link: a reviewer of the recipe would not see where it writes. What
// an absolute path, or one with `..`, says openly is its author's business.
func (p *Plan) checkLanding(at recipe.Position, to, target string, options Options) error {
	folder := osfile.Abs(p.dir)
	if options.Force || filepath.IsAbs(to) || !within(target, folder) {
		return nil
	}
	home, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return unsaveable(at, err)
	}
	real, err := landing(target)
	if err != nil {
		return unsaveable(at, err)
	}
	if !within(real, home) {
		return fault.At(at, "a symbolic link leads this out of the recipe's folder, to %s", real).Mend("write that path itself, or allow it with --force").See("symbolic-links")
	}
	return nil
}

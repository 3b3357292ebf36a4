package recipetext

import "path/filepath"

// Path is a path, seen from the current folder, as a recipe in the folder dir writes
// it: absolute if it is so already. A recipe's `..` leads up from where its folder really
// lies, so the way is measured from there, even where dir is reached through a link.
func Path(dir, path string) (string, error) {
	if filepath.IsAbs(path) {
		return filepath.ToSlash(filepath.Clean(path)), nil
	}
	here, err := filepath.Abs(".")
	if err != nil {
		return "", err
	}
	here = lying(here)
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(here, dir)
	}
	relative, err := filepath.Rel(lying(dir), filepath.Join(here, path))
	return filepath.ToSlash(relative), err
}

// lying is where a folder lies; one that is still to be made lies where its path says.
func lying(folder string) string {
	if end, err := filepath.EvalSymlinks(folder); err == nil {
		return end
	}
	return folder
}

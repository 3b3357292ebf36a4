package osfile

import "path/filepath"

// Abs is filepath.Abs, measured from where the current folder really lies. A path that
// can't be measured stays as it is.
func Abs(path string) string {
	here, err := filepath.Abs(".")
	if err != nil {
		return filepath.Clean(path)
	}
	if real := Resolve(here); real != here && !filepath.IsAbs(path) {
		return filepath.Join(real, path)
	}
	if absolute, err := filepath.Abs(path); err == nil {
		return absolute
	}
	return filepath.Clean(path)
}

// Resolve is where a path leads once its symbolic links are followed; one that is still to
// be made leads where it says.
func Resolve(path string) string {
	if end, err := filepath.EvalSymlinks(path); err == nil {
		return end
	}
	return path
}

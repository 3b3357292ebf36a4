package adapter

import "path/filepath"

// Link is a path that symbolic links lead elsewhere.
type Link struct{ Path, To string }

// FindLink tells whether symbolic links lead a path elsewhere than it stands.
func FindLink(path string) (Link, bool) {
	real, err := filepath.EvalSymlinks(path)
	return Link{path, real}, err == nil && real != filepath.Clean(path)
}

// Links are the folder and its two files as far as they lead elsewhere than they
// stand: a download may bring a link that its reader does not expect.
func (a *Adapter) Links() []Link {
	var links []Link
	folder := a.Path
	if link, found := FindLink(folder); found {
		links, folder = append(links, link), link.To
	}
	for _, name := range []string{ConfigFile, WeightsFile} {
		if link, found := FindLink(filepath.Join(folder, name)); found {
			links = append(links, Link{filepath.Join(a.Path, name), link.To})
		}
	}
	return links
}

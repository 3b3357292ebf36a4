package adapter

import "path/filepath"

// Link is a path that symbolic links lead elsewhere.
type Link struct{ Path, To string }

// Links are the folder and its two files as far as they lead elsewhere than they
// stand: a download may bring a link that its reader does not expect.
func (a *Adapter) Links() []Link {
	var links []Link
	folder := filepath.Clean(a.Path)
	if real, err := filepath.EvalSymlinks(folder); err == nil && real != folder {
		links, folder = append(links, Link{a.Path, real}), real
	}
	for _, name := range []string{ConfigFile, WeightsFile} {
		file := filepath.Join(folder, name)
		if real, err := filepath.EvalSymlinks(file); err == nil && real != file {
			links = append(links, Link{filepath.Join(a.Path, name), real})
		}
	}
	return links
}

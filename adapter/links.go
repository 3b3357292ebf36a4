package adapter

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
)

// Link is a path that a symbolic link leads elsewhere.
type Link struct{ Path, To string }

// FindLink finds the first symbolic link on the way of a path, so that everything beyond
// one link has one Link.
func FindLink(path string) (Link, bool) {
	path = filepath.Clean(path)
	if real, err := filepath.EvalSymlinks(path); err != nil || real == path {
		return Link{}, false
	}
	first := path
	for at := path; ; at = filepath.Dir(at) {
		if info, err := os.Lstat(at); err == nil && info.Mode()&fs.ModeSymlink != 0 {
			first = at
		}
		if filepath.Dir(at) == at {
			break
		}
	}
	to, err := filepath.EvalSymlinks(first)
	return Link{first, to}, err == nil
}

// hubLink is a file of a snapshot in the local cache of the Hugging Face Hub, which is a link to its content.
// https://huggingface.co/docs/hub/local-cache
var hubLink = regexp.MustCompile(`^(.*/models--[^/]+)/snapshots/[0-9a-f]{40}/`)

// ofHubCache reports whether a link leads where that cache has its links lead.
func ofHubCache(link Link) bool {
	at, err := filepath.EvalSymlinks(filepath.Dir(link.Path))
	repository := hubLink.FindStringSubmatch(filepath.ToSlash(at) + "/")
	return err == nil && repository != nil && filepath.ToSlash(filepath.Dir(link.To)) == repository[1]+"/blobs"
}

// Links are its path and its files as far as they lead elsewhere than they
// stand: a download may bring a link that its reader does not expect.
func (a *Adapter) Links() []Link {
	var links []Link
	folder := a.Path
	if link, found := FindLink(folder); found {
		links = append(links, link)
		if real, err := filepath.EvalSymlinks(folder); err == nil {
			folder = real
		}
	}
	for _, file := range []string{a.Files.Config, a.Files.Weights} {
		if name := filepath.Base(file); file != "" && file != a.Path {
			if link, found := FindLink(filepath.Join(folder, name)); found && !ofHubCache(link) {
				links = append(links, Link{filepath.Join(a.Path, name), link.To})
			}
		}
	}
	return links
}

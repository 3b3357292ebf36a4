package hub

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/osfile"
)

// Cache is the folder of the local cache. For each repository there is a folder
// models--OWNER--NAME: in it refs/REVISION names a commit, snapshots/COMMIT holds the
// repository's files as far as they were downloaded, and their content is in blobs, or there
// itself where the system has no links.
type Cache string

// Found is where a reference leads in the cache.
type Found struct {
	Path   string // of the folder, or of the file
	Commit string
}

// Repository is the folder of a reference's repository.
func (c Cache) Repository(r Reference) string {
	return filepath.Join(string(c), "models--"+r.Owner+"--"+r.Name)
}

// Snapshot is the folder of a commit's files.
func (c Cache) Snapshot(r Reference, commit string) string {
	return filepath.Join(c.Repository(r), "snapshots", commit)
}

// Ref is the file that names the commit of a branch or tag.
func (c Cache) Ref(r Reference) string {
	return filepath.Join(c.Repository(r), "refs", filepath.FromSlash(r.Asked()))
}

// Check refuses a folder below ~ where no home folder is known, as in some containers.
func (c Cache) Check() error {
	if !strings.HasPrefix(string(c), "~") {
		return nil
	}
	return fault.New("the Hub's local cache, %s, is below a home folder that is not known", string(c)).Mend("set HF_HOME to the path of the folder to keep it in")
}

// longestRef bounds what is read of a file that names a commit.
const longestRef = 1 << 10

// Commit is the commit of a reference, as the cache has it.
func (c Cache) Commit(r Reference) (string, error) {
	if err := c.Check(); err != nil {
		return "", err
	}
	if IsCommit(r.Asked()) {
		return r.Asked(), nil
	}
	text, err := osfile.ReadUpTo(c.Ref(r), longestRef)
	if errors.Is(err, fs.ErrNotExist) {
		return "", c.lacks(r, "is not")
	} else if err != nil {
		return "", unreadable(c.Ref(r), err)
	}
	commit := strings.TrimSpace(string(text))
	if !IsCommit(commit) {
		return "", fault.In(c.Ref(r), "should hold the 40 digits of a commit, as the Hub's libraries write them there")
	}
	return commit, nil
}

// Find finds the adapter that a reference leads to: a folder of which what an adapter needs was
// downloaded, or a file. A Fault without a remedy is mended by fetching the reference.
func (c Cache) Find(r Reference) (Found, error) {
	commit, err := c.Commit(r)
	if err != nil {
		return Found{}, err
	}
	found := Found{filepath.Join(c.Snapshot(r, commit), filepath.FromSlash(r.Folder)), commit}
	info, err := os.Stat(found.Path)
	switch {
	case err != nil && isLink(found.Path):
		return found, broken(found.Path)
	case errors.Is(err, fs.ErrNotExist):
		return found, c.lacks(r.At(commit), "is not")
	case err != nil:
		return found, unreadable(found.Path, err)
	case !info.IsDir():
		return found, nil
	}
	return found, c.checkFolder(r.At(commit), found.Path)
}

const (
	configFile = "adapter_config.json"
	// peftFile lies beside a configuration; weights of other names may lie there alone.
	peftFile = "adapter_model.safetensors"
	ending   = ".safetensors"
)

// checkFolder refuses a folder of which too little was downloaded: a snapshot holds no more than
// what somebody asked for.
func (c Cache) checkFolder(r Reference, folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return unreadable(folder, err)
	}
	has := func(test func(name string) bool) bool {
		return slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return !e.IsDir() && test(e.Name()) })
	}
	for _, e := range entries {
		path := filepath.Join(folder, e.Name())
		if e.Name() != configFile && !strings.HasSuffix(e.Name(), ending) {
			continue
		}
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return broken(path)
		}
		if e.Type().IsRegular() && isLinkText(path) {
			return fault.In(path, "holds the text of a link: the Hub's local cache was copied without its links, as `cp -a` and tar keep them")
		}
	}
	if !has(func(name string) bool { return strings.HasSuffix(name, ending) }) {
		return c.lacks(r, "has no weights")
	}
	if has(func(name string) bool { return name == peftFile }) && !has(func(name string) bool { return name == configFile }) {
		return c.lacks(r, "has no "+configFile)
	}
	return nil
}

// lacks is the Fault of what was not downloaded, or not all of it.
func (c Cache) lacks(r Reference, what string) error {
	return fault.New("%s %s in the Hub's local cache, %s", r, what, string(c))
}

// broken is the Fault of a link of a snapshot to content that is no longer there.
func broken(path string) error {
	return fault.In(path, "leads to nothing: the content was removed from the Hub's local cache")
}

func unreadable(path string, err error) error {
	if errors.Is(err, osfile.ErrNotRegular) {
		return fault.In(path, "is in the Hub's local cache, and is no regular file").Mend("remove it, and fetch again")
	}
	return fault.In(path, "is in the Hub's local cache, and can't be read").Because(err).Mend("check its permissions, and those of the folders above it")
}

// isLinkText reports whether a file holds what a link of a snapshot would be, as a copy by way of
// systems without links has it.
func isLinkText(path string) bool {
	beginning, err := osfile.ReadUpTo(path, longestRef)
	return err == nil && len(beginning) < longestRef && linkForm.Match(beginning)
}

var linkForm = regexp.MustCompile(`^(?:\.\./)+blobs/[0-9A-Za-z]+\s*$`)

func isLink(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

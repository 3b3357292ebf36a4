package lockfile

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/osfile"
)

// Lock is what later runs of a recipe are held to: the content of its inputs, the digest of
// its plan and the hashes of its outputs.
type Lock struct {
	Lock    int               `yaml:"lock"`              // the format's version
	Digest  int               `yaml:"digest,omitempty"`  // the digest.Version of Plan; 1 where there is none
	Tool    string            `yaml:"tool,omitempty"`    // that wrote it: for information, never compared
	Kernels string            `yaml:"kernels,omitempty"` // the class of the matrix kernels, if an output depends on one
	Plan    string            `yaml:"plan"`
	Recipes map[string]string `yaml:"recipes,omitempty"` // those that are loaded, by path and given values: the hash of the canonical text
	Inputs  map[string]Input  `yaml:"inputs"`            // by stage.adapter
	Outputs map[string]Pair   `yaml:"outputs"`           // by stage
	Scores  *Scores           `yaml:"scores,omitempty"`  // nil where nothing was scored

	path   string // of the file that it was read from
	source []byte
}

// Pair is a folder and the hashes of its two files.
type Pair struct {
	Path    string `yaml:"path"`
	Weights string `yaml:"weights"`
	Config  string `yaml:"config"`
}

// Input is a folder that was read, and where it came from.
type Input struct {
	Path    string `yaml:"path"`
	Origin  string `yaml:"origin,omitempty"` // hf://OWNER/NAME@COMMIT: what a path that is a reference is pinned to; of another one for information, never compared
	Weights string `yaml:"weights"`
	Config  string `yaml:"config"`
}

// IsPinned reports whether the path is a reference, which the origin pins to a commit.
func (in Input) IsPinned() bool { return strings.HasPrefix(in.Path, "hf://") }

const formatVersion = 1

// sizeLimit bounds the file: two hundred adapters need a thirtieth of it.
const sizeLimit = 4 << 20

// New is a lock of this version's format that pins nothing yet.
func New() *Lock {
	return &Lock{Lock: formatVersion, Digest: digest.Version, Inputs: make(map[string]Input), Outputs: make(map[string]Pair)}
}

// Read reads a lock; it is nil where there is none. Its errors are Faults.
func Read(path string) (*Lock, error) {
	at := fault.Position{File: path, Line: 1, Column: 1}
	data, err := osfile.ReadUpTo(path, sizeLimit+1)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if errors.Is(err, osfile.ErrNotRegular) {
		return nil, fault.At(at, "the lock is not a regular file").Mend("move what is in its place")
	}
	if err != nil {
		return nil, fault.At(at, "the lock can't be read").Because(err).Mend("check its permissions, or what is in its place")
	}
	return Parse(path, data)
}

// Parse reads a lock that the caller has read, as from git. Its errors are Faults, at the path.
func Parse(path string, data []byte) (*Lock, error) {
	lock, err := parse(path, data)
	if err != nil {
		return nil, notLock(path, data, err)
	}
	return lock, nil
}

func parse(path string, data []byte) (*Lock, error) {
	if len(data) > sizeLimit {
		return nil, fmt.Errorf("it is larger than %d bytes", sizeLimit)
	}
	var document yaml.Node
	if err := yaml.Unmarshal(data, &document); err != nil {
		return nil, err
	}
	if refers(&document) {
		return nil, errRefers
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	lock := Lock{path: path, source: data}
	if err := decoder.Decode(&lock); err != nil {
		return nil, err
	}
	if lock.Lock != formatVersion {
		return nil, fmt.Errorf("%w %d, and this program knows %d", errVersion, lock.Lock, formatVersion)
	}
	if lock.Digest < 0 || lock.Digest > digest.Version {
		return nil, fmt.Errorf("%w %d, and this program knows those up to %d", errDigestVersion, lock.Digest, digest.Version)
	}
	lock.Digest = max(1, lock.Digest)
	return &lock, lock.Scores.check()
}

// refers finds anchors, aliases and merge keys. The library panics where some of these are
// merged into a struct.
func refers(n *yaml.Node) bool {
	return n.Kind == yaml.AliasNode || n.Anchor != "" || n.Tag == "!!merge" || slices.ContainsFunc(n.Content, refers)
}

// Place is where the entry that keys lead to is in the lock's file, or the last of them
// that is there.
func (l *Lock) Place(keys ...string) fault.Position { return place(l.path, l.source, keys...) }

func place(path string, source []byte, keys ...string) fault.Position {
	at, table := fault.Position{File: path, Line: 1, Column: 1}, new(yaml.Node)
	if yaml.Unmarshal(source, table) == nil && table.Kind == yaml.DocumentNode {
		table = table.Content[0]
	}
	for _, name := range keys {
		var found *yaml.Node
		for i := 0; i+1 < len(table.Content); i += 2 {
			if key := table.Content[i]; key.Value == name {
				at.Line, at.Column, found = key.Line, key.Column, table.Content[i+1]
				break
			}
		}
		if found == nil {
			return at
		}
		table = found
	}
	return at
}

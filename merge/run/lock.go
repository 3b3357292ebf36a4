package run

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/osfile"
	"github.com/loramerge/loramerge/internal/outdir"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/recipe"
)

// Lock is what a recipe's last run is held to: the content of its inputs, the name
// of its plan and the hashes of its outputs. It lies beside the recipe and is
// committed with it.
type Lock struct {
	Lock    int                    `yaml:"lock"`              // the format's version
	Digest  int                    `yaml:"digest,omitempty"`  // the DigestVersion of Plan; 1 where there is none
	Tool    string                 `yaml:"tool,omitempty"`    // that wrote it: said, and never compared
	Kernels string                 `yaml:"kernels,omitempty"` // the class of the matrix kernels, if an output depends on one
	Plan    string                 `yaml:"plan"`
	Recipes map[string]string      `yaml:"recipes,omitempty"` // those that are loaded, by path and given values: the hash of the canonical text
	Inputs  map[string]LockedInput `yaml:"inputs"`            // by stage.adapter
	Outputs map[string]LockedPair  `yaml:"outputs"`           // by stage
	source  []byte                 // of the file that it was read from
}

// LockedPair is a folder and the hashes of its two files.
type LockedPair struct {
	Path    string `yaml:"path"`
	Weights string `yaml:"weights"`
	Config  string `yaml:"config"`
}

// LockedInput is a folder that was read, and where it came from.
type LockedInput struct {
	Path    string `yaml:"path"`
	Origin  string `yaml:"origin,omitempty"` // see Input: said, and never compared
	Weights string `yaml:"weights"`
	Config  string `yaml:"config"`
}

func (in LockedInput) pair() LockedPair { return LockedPair{in.Path, in.Weights, in.Config} }

const lockVersion = 1

// lockLimit bounds the file: two hundred adapters need a thirtieth of it.
const lockLimit = 4 << 20

// ReadLock reads a lock; it is nil where there is none.
func ReadLock(path string) (*Lock, error) {
	at := recipe.Position{File: path, Line: 1, Column: 1}
	data, err := osfile.ReadUpTo(path, lockLimit+1)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if errors.Is(err, osfile.ErrNotRegular) {
		return nil, fault.At(at, "the lock is not a regular file").Mend("move what is in its place")
	}
	if err != nil {
		return nil, fault.At(at, "the lock can't be read").Because(err).Mend("check its permissions, or what is in its place")
	}
	lock, err := parseLock(data)
	if err != nil {
		return nil, notLock(path, data, err)
	}
	return lock, nil
}

func parseLock(data []byte) (*Lock, error) {
	if len(data) > lockLimit {
		return nil, fmt.Errorf("it is larger than %d bytes", lockLimit)
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
	var lock Lock
	if err := decoder.Decode(&lock); err != nil {
		return nil, err
	}
	if lock.Lock != lockVersion {
		return nil, fmt.Errorf("%w %d, and this program knows %d", errLockVersion, lock.Lock, lockVersion)
	}
	if lock.Digest < 0 || lock.Digest > digest.Version {
		return nil, fmt.Errorf("%w %d, and this program knows those up to %d", errDigestVersion, lock.Digest, digest.Version)
	}
	lock.source, lock.Digest = data, max(1, lock.Digest)
	return &lock, nil
}

var errRefers = errors.New("it holds anchors or aliases, which loramerge never writes")

// refers finds what stands for something else. The library panics where some of it is
// merged into a struct.
func refers(n *yaml.Node) bool {
	return n.Kind == yaml.AliasNode || n.Anchor != "" || n.Tag == "!!merge" || slices.ContainsFunc(n.Content, refers)
}

// Write puts the lock in place whole.
func (l *Lock) Write(path string) error {
	text, err := l.encode()
	if err != nil {
		return err
	}
	if err := outdir.WriteFile(path, text); err != nil {
		return fmt.Errorf("the lock can't be written: %w", err)
	}
	return nil
}

// lockOf is what the plan would be held to, outputs aside.
func lockOf(p *plan.Plan, inputs []plan.Input, digests plan.Digests, version string) *Lock {
	l := &Lock{Lock: lockVersion, Digest: digest.Version, Tool: version, Kernels: digests.Kernels, Plan: digests.Plan.String(),
		Inputs: map[string]LockedInput{}, Outputs: map[string]LockedPair{}}
	for _, in := range inputs {
		l.Inputs[in.Stage+"."+in.Name] = LockedInput{filepath.ToSlash(in.Path), in.Origin, in.Weights.String(), in.Config.String()}
	}
	if len(p.Included) > 0 {
		l.Recipes = make(map[string]string)
	}
	for _, in := range p.Included {
		l.Recipes[in.Label()] = in.Digest().String()
	}
	return l
}

package plan

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/formats"
	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/stages"
)

// Input is one adapter that a recipe loads, known by the content of its files.
type Input struct {
	Stage   string
	Name    string // the adapter's, in the recipe
	Path    string // as the recipe has it; of a recipe that is loaded, seen from the plan's own
	Origin  string // hf://OWNER/NAME@COMMIT, where the local cache of the Hub shows it; else empty
	Weights digest.Digest
	Config  digest.Digest // of nothing, where a format has no configuration
	// referred is true of an input that the recipe names by a reference, which led to its origin.
	referred bool
	node     *Node
	files    adapter.Files
	Folder   string       // of the files
	beside   []besideFile // that saves carry
}

// Hashes gives the SHA-256 of files, and remembers those of files that did not change.
type Hashes interface {
	// Known is the hash of a file that is known to be unchanged since it was hashed.
	Known(path string) (digest.Digest, bool)
	// Hash reads the file unless its hash is known.
	Hash(ctx context.Context, path string) (digest.Digest, error)
	// Tensors begins reading the file that was opened at path.
	Tensors(path string, file Stater) TensorHashes
}

// Stater is an open file: its Stat is about the file itself, whatever is at its path by now.
type Stater interface{ Stat() (os.FileInfo, error) }

// TensorHashes remembers the SHA-256 of an open file's tensors, by their names.
type TensorHashes interface {
	// Known is a new map of those of a file that is known to be unchanged since they
	// were remembered.
	Known() map[string]digest.Digest
	// Unchanged fails if the file has changed since the reading began.
	Unchanged() error
	// Remember keeps them. It fails as Unchanged does.
	Remember(map[string]digest.Digest) error
}

// KnownInputs hashes the inputs without reading their files, if that can be.
func (p *Plan) KnownInputs(hashes Hashes) ([]Input, bool) {
	inputs := p.Unhashed()
	for i := range inputs {
		for _, file := range inputs[i].Files() {
			hash, known := hashes.Known(file.Path)
			if !known {
				return nil, false
			}
			*file.Into = hash
		}
	}
	return inputs, true
}

// Inputs hashes the inputs' files, several in parallel.
func (p *Plan) Inputs(ctx context.Context, hashes Hashes, jobs int) ([]Input, error) {
	inputs := p.Unhashed()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(1, jobs))
	for i := range inputs {
		for _, file := range inputs[i].Files() {
			group.Go(func() (err error) {
				*file.Into, err = hashes.Hash(ctx, file.Path)
				return err
			})
		}
	}
	return inputs, group.Wait()
}

// Unhashed lists the folders in the order of the plan; their hashes are still to come.
func (p *Plan) Unhashed() []Input {
	var all []Input
	for _, n := range p.Nodes {
		source, ok := n.Op.(stages.Source)
		if !ok {
			continue
		}
		origins := source.Origins()
		for i, opened := range source.Adapters() {
			origin := origins[i]
			if origin == "" {
				origin = originOf(opened.Path)
			}
			all = append(all, Input{Stage: n.ID, Name: n.Sources[i].Name, Path: n.Recipe.seen(n.Sources[i].Path), Origin: origin, referred: origins[i] != "", node: n, files: opened.Files, Folder: opened.Folder(), beside: p.carriedFrom(opened.Folder())})
		}
	}
	return all
}

type hashedFile struct {
	Path string
	Into *digest.Digest
}

// InputAt is what lies at a path, whatever a plan makes of it.
func InputAt(path string) Input {
	_, files := formats.Find(path)
	return Input{Path: path, files: files, Folder: filepath.Dir(files.Weights)}
}

// ConfigHash is the text of Config; empty for a format without a configuration.
func (in *Input) ConfigHash() string {
	if in.files.Config == "" {
		return ""
	}
	return in.Config.String()
}

// Files are those whose content an input is known by.
func (in *Input) Files() []hashedFile {
	files := []hashedFile{{in.files.Weights, &in.Weights}}
	if in.files.Config != "" {
		files = append(files, hashedFile{in.files.Config, &in.Config})
	}
	for i := range in.beside {
		files = append(files, hashedFile{filepath.Join(in.Folder, in.beside[i].name), &in.beside[i].hash})
	}
	return files
}

// besideFile is a file beside an input that some save carries.
type besideFile struct {
	name string
	hash digest.Digest
}

// carriedFrom lists the files that the saves take from a folder.
func (p *Plan) carriedFrom(folder string) []besideFile {
	var out []besideFile
	for _, n := range p.Sinks() {
		for _, c := range n.Carries {
			if c.folder == folder && !slices.ContainsFunc(out, func(b besideFile) bool { return b.name == c.Name }) {
				out = append(out, besideFile{name: c.Name})
			}
		}
	}
	return out
}

// Hash is that of a carried file, as the inputs hold it.
func (c carriedFile) Hash(inputs []Input) digest.Digest {
	for _, in := range inputs {
		for _, b := range in.beside {
			if in.Folder == c.folder && b.name == c.Name {
				return b.hash
			}
		}
	}
	return digest.Digest{}
}

package run

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/stages"
)

// subject is an adapter that is scored, as commands are shown it: a folder with its tensors and
// its configuration. The base model is an adapter of zeros, so that it passes through the same
// command and the same kernels as the others.
type subject struct {
	name   string
	shown  *plan.Node // by which it is written; of the base, the first candidate's
	zeros  bool
	key    digest.Digest // of what it is made from, under which the cache has the digest
	digest digest.Digest // of what is shown; zero until it is known
	scores map[string]*evaluate.Score

	out    *output // while it is written
	config []byte
	folder string // empty until it is written
	rank   int    // its largest
}

func (s *subject) known() bool { return s.digest != digest.Digest{} }

// baseOf is the base model beside a candidate: an adapter of zeros with its modules, ranks and
// dtypes. What the candidate's values are made from counts only as long as ranks are open.
func baseOf(held *lockSession, candidate *subject) *subject {
	n := candidate.shown
	d, modules := digest.Describe("zeros"), n.Out.Members[0].Modules
	layout, err := stages.ShownLayout(n.Out, held.plan.Base(n))
	if ranksPending(n.Out) || err != nil {
		d.Digests(candidate.key)
	}
	if err == nil {
		d.Text(string(layout.Config))
	}
	for _, m := range modules {
		d.Text(m.Name, m.Form.String())
		for _, tensor := range m.Tensors() {
			d.Text(tensor.DType.String(), fmt.Sprint(tensor.Shape))
		}
	}
	for _, c := range n.Carries {
		d.Text(c.Name).Digests(c.Hash(held.inputs))
	}
	return &subject{name: "base", shown: n, zeros: true, key: d.Sum(), scores: make(map[string]*evaluate.Score)}
}

// recall takes the digest from the cache.
func (s *subject) recall(store *scoreStore) {
	if data := store.get(s.key); len(data) == len(s.digest) {
		copy(s.digest[:], data)
	}
}

// begin creates the folder and lays out the weights. The node's ranks are settled.
func (s *subject) begin(r *run, folder string) (err error) {
	n := r.graph.shown[s.shown]
	s.folder = folder
	modules := n.Out.Members[0].Modules
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	layout, err := stages.ShownLayout(n.Out, r.plan.Base(&n.Node))
	if err != nil {
		return err
	}
	s.config = layout.Config
	if name := layout.Names.Config; name != "" {
		if err := os.WriteFile(filepath.Join(folder, name), s.config, 0o666); err != nil {
			return err
		}
	}
	weights, err := layout.Create(filepath.Join(folder, layout.Names.Weights), shownMetadata)
	if err != nil {
		return err
	}
	weights.Clamp = n.Op.(stages.Sink).Clamps()
	s.out = &output{node: n, modules: modules, weights: weights}
	return nil
}

// shownMetadata are those of every adapter that is shown: what it was made from is no part of what
// a score depends on.
var shownMetadata = map[string]string{"format": "pt"}

// finish completes the folder and names it after its digest, since evaluators and servers
// remember adapters by their paths.
func (s *subject) finish(ctx context.Context, r *run) error {
	written := s.out.writeZeros
	if s.zeros {
		written = s.out.writeOnlyZeros
	}
	if err := written(); err != nil {
		return err
	}
	if err := s.out.weights.Describe(shownMetadata); err != nil {
		return err
	}
	if err := s.out.weights.Close(); err != nil {
		return err
	}
	d := digest.Describe("adapter").Digests(s.out.weights.SHA256(), sha256.Sum256(s.config))
	s.out.weights = nil
	for _, c := range s.shown.Carries {
		if err := copyFile(ctx, filepath.Join(s.folder, c.Name), c.Path()); err != nil {
			return err
		}
		d.Text(c.Name).Digests(c.Hash(r.lock.inputs))
	}
	if err := lockFiles(s.folder); err != nil {
		return err
	}
	s.digest = d.Sum()
	r.scores.store.put(s.key, s.digest[:])
	named := s.folder + "-" + s.digest.Hex()[:16]
	if err := os.Rename(s.folder, named); err != nil {
		return err
	}
	s.folder = named
	return nil
}

// lockFiles makes what a folder holds readable and nothing more, since a command that changed it would
// change it for those that come later, too.
func lockFiles(folder string) error {
	entries, err := os.ReadDir(folder)
	for _, entry := range entries {
		err = errors.Join(err, os.Chmod(filepath.Join(folder, entry.Name()), 0o444))
	}
	return err
}

// writeOnlyZeros writes all modules as zeros.
func (o *output) writeOnlyZeros() error {
	for _, m := range o.modules {
		for i, tensor := range m.Tensors() {
			if err := o.weights.Write(m, i, make([]float32, tensor.Elements())); err != nil {
				return err
			}
		}
	}
	return nil
}

package run

import (
	"context"
	"crypto/sha256"
	"errors"
	"strconv"
	"sync"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/stages"
)

// leaves hashes the tensors that are read: their bytes, dtype, shape and scale.
type leaves struct {
	files map[*adapter.Adapter]*leafFile
	// unread leaves a tensor whose hash is not remembered without a digest.
	unread bool
}

// leafFile is the weights of one adapter, with the hashes of its tensors.
type leafFile struct {
	from    *adapter.Adapter
	memory  plan.TensorHashes
	mu      sync.Mutex
	sums    map[string]digest.Digest // by tensor; nil until one is asked for
	learned bool                     // some of them were not remembered
}

// begin comes before anything is read.
func (l *leaves) begin(p *plan.Plan, hashes plan.Hashes) {
	l.files = make(map[*adapter.Adapter]*leafFile)
	for _, n := range p.Nodes {
		source, ok := n.Op.(stages.Source)
		if !ok {
			continue
		}
		for _, from := range source.Adapters() {
			memory := hashes.Tensors(from.Files.Weights, from)
			l.files[from] = &leafFile{from: from, memory: memory}
		}
	}
}

// unchanged fails if a file has changed since the beginning: what was read of it before
// and after may then have been of two contents.
func (l *leaves) unchanged() error {
	var failed error
	for _, file := range l.files {
		failed = errors.Join(failed, file.memory.Unchanged())
	}
	return failed
}

// end keeps the hashes for later runs. It fails as unchanged does.
func (l *leaves) end() error {
	failed := l.unchanged()
	for _, file := range l.files {
		if file.learned {
			failed = errors.Join(failed, file.memory.Remember(file.sums))
		}
	}
	return failed
}

var errUnread = errors.New("the tensor's hash is not known without reading it")

// digestOf is that of a module's stored tensors.
func (l *leaves) digestOf(ctx context.Context, from *adapter.Adapter, module string) (digest.Digest, error) {
	m, ok := from.Find(module)
	if !ok {
		panic("merge: no module " + module + " in " + from.Path)
	}
	d := digest.Describe("leaf").Text(formWord(m.Form), strconv.FormatFloat(m.Scale, 'g', -1, 64))
	for _, tensor := range m.Tensors() {
		sum, known := l.files[from].known(tensor.Name)
		if !known && l.unread {
			return digest.Digest{}, errUnread
		}
		if !known {
			var err error
			if sum, err = l.files[from].hash(ctx, tensor); err != nil {
				return digest.Digest{}, err
			}
		}
		d.Text(tensor.DType.String(), strconv.Itoa(len(tensor.Shape)))
		for _, dim := range tensor.Shape {
			d.Text(strconv.Itoa(dim))
		}
		d.Digests(sum)
	}
	return d.Sum(), nil
}

// formWord is what is hashed of a form.
func formWord(f adapter.Form) string {
	switch f {
	case adapter.Linear:
		return "linear"
	case adapter.Conv:
		return "conv"
	case adapter.Embedding:
		return "embedding"
	case adapter.Expert:
		return "expert"
	case adapter.Whole:
		return "whole"
	}
	panic("merge: no word for the form " + f.String())
}

func (f *leafFile) known(tensor string) (digest.Digest, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.sums == nil {
		f.sums = f.memory.Known()
	}
	sum, known := f.sums[tensor]
	return sum, known
}

func (f *leafFile) hash(ctx context.Context, tensor adapter.Tensor) (digest.Digest, error) {
	hash := sha256.New()
	if err := f.from.ReadBlocks(ctx, tensor, func(block []byte) { hash.Write(block) }); err != nil {
		return digest.Digest{}, err
	}
	sum := digest.Digest(hash.Sum(nil))
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sums[tensor.Name], f.learned = sum, true
	return sum, nil
}

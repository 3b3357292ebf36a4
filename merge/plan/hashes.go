package plan

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"path/filepath"
	"sync"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/internal/fileindex"
	"github.com/loramerge/loramerge/internal/osfile"
)

// IndexedHashes remembers, in a folder, the hashes of files that do not change. An
// unusable folder means that every file is hashed again.
func IndexedHashes(dir string) Hashes { return indexedHashes{fileindex.Open(dir)} }

type indexedHashes struct{ index *fileindex.Index }

func (h indexedHashes) Known(path string) (digest.Digest, bool) {
	sum, known := h.index.Whole(path)
	return digest.Digest(sum), known
}

func (h indexedHashes) Hash(ctx context.Context, path string) (digest.Digest, error) {
	sum, err := h.index.HashWhole(ctx, path)
	return digest.Digest(sum), err
}

func (h indexedHashes) Tensors(path string, file Stater) TensorHashes {
	reading, err := h.index.Begin(path, file)
	if err != nil {
		return forgetful{}
	}
	return indexedTensors{reading}
}

type indexedTensors struct{ reading *fileindex.Reading }

func (t indexedTensors) Known() map[string]digest.Digest {
	sums, _ := t.reading.Ranges()
	return converted[digest.Digest](sums)
}

func (t indexedTensors) Unchanged() error { return t.reading.Unchanged() }

func (t indexedTensors) Remember(sums map[string]digest.Digest) error {
	return t.reading.RememberRanges(converted[fileindex.Sum](sums))
}

func converted[To, From ~[sha256.Size]byte](sums map[string]From) map[string]To {
	out := make(map[string]To, len(sums))
	for name, sum := range sums {
		out[name] = To(sum)
	}
	return out
}

// forgetful remembers no tensor.
type forgetful struct{}

func (forgetful) Known() map[string]digest.Digest { return make(map[string]digest.Digest) }

func (forgetful) Unchanged() error { return nil }

func (forgetful) Remember(map[string]digest.Digest) error { return nil }

// FreshHashes remembers nothing.
type FreshHashes struct{}

// Known is never true.
func (FreshHashes) Known(string) (digest.Digest, bool) { return digest.Digest{}, false }

// Tensors begins a reading that remembers nothing.
func (FreshHashes) Tensors(string, Stater) TensorHashes { return forgetful{} }

// Hash reads the file.
func (FreshHashes) Hash(ctx context.Context, path string) (digest.Digest, error) {
	file, err := osfile.Open(path)
	if err != nil {
		return digest.Digest{}, err
	}
	defer file.Close()
	block := hashBlocks.Get().(*[hashBlock]byte)
	defer hashBlocks.Put(block)
	sum := sha256.New()
	if _, err := io.CopyBuffer(sum, ContextReader{ctx, file}, block[:]); err != nil {
		return digest.Digest{}, fmt.Errorf("hashing %s: %w", path, err)
	}
	return digest.Digest(sum.Sum(nil)), nil
}

// EachOnce hashes no path twice: a recipe may load one file under a thousand names.
type EachOnce struct {
	Hashes
	mu   sync.Mutex
	Seen map[string]digest.Digest
}

// Hash reads the file unless this run has read it.
func (h *EachOnce) Hash(ctx context.Context, path string) (digest.Digest, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	path = filepath.Clean(path)
	if sum, known := h.Seen[path]; known {
		return sum, nil
	}
	sum, err := h.Hashes.Hash(ctx, path)
	if err == nil {
		h.Seen[path] = sum
	}
	return sum, err
}

const hashBlock = 512 << 10

var hashBlocks = sync.Pool{New: func() any { return new([hashBlock]byte) }}

// ContextReader stops reading once the context is done.
type ContextReader struct {
	Ctx context.Context
	io.Reader
}

func (r ContextReader) Read(p []byte) (int, error) {
	if err := r.Ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

package merge

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"path/filepath"
	"sync"

	"github.com/loramerge/loramerge/internal/fileindex"
	"github.com/loramerge/loramerge/internal/regular"
)

// IndexedHashes remembers, in a folder, the hashes of files that do not change. An
// unusable folder means that every file is hashed again.
func IndexedHashes(dir string) Hashes { return indexedHashes{fileindex.Open(dir)} }

type indexedHashes struct{ index *fileindex.Index }

func (h indexedHashes) Known(path string) (Name, bool) {
	sum, known := h.index.Whole(path)
	return Name(sum), known
}

func (h indexedHashes) Hash(ctx context.Context, path string) (Name, error) {
	sum, err := h.index.HashWhole(ctx, path)
	return Name(sum), err
}

func (h indexedHashes) Tensors(path string, file Stater) TensorHashes {
	reading, err := h.index.Begin(path, file)
	if err != nil {
		return forgetful{}
	}
	return indexedTensors{reading}
}

type indexedTensors struct{ reading *fileindex.Reading }

func (t indexedTensors) Known() map[string]Name {
	sums, _ := t.reading.Ranges()
	return converted[Name](sums)
}

func (t indexedTensors) Unchanged() error { return t.reading.Unchanged() }

func (t indexedTensors) Remember(sums map[string]Name) error {
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

func (forgetful) Known() map[string]Name { return make(map[string]Name) }

func (forgetful) Unchanged() error { return nil }

func (forgetful) Remember(map[string]Name) error { return nil }

// freshHashes remembers nothing.
type freshHashes struct{}

func (freshHashes) Known(string) (Name, bool) { return Name{}, false }

func (freshHashes) Tensors(string, Stater) TensorHashes { return forgetful{} }

func (freshHashes) Hash(ctx context.Context, path string) (Name, error) {
	file, err := regular.Open(path)
	if err != nil {
		return Name{}, err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.CopyBuffer(sum, contextReader{ctx, file}, make([]byte, hashBlock)); err != nil {
		return Name{}, fmt.Errorf("hashing %s: %w", path, err)
	}
	return Name(sum.Sum(nil)), nil
}

// eachOnce hashes no path twice: a recipe may load one file under a thousand names.
type eachOnce struct {
	Hashes
	mu    sync.Mutex
	known map[string]Name
}

func (h *eachOnce) Hash(ctx context.Context, path string) (Name, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	path = filepath.Clean(path)
	if sum, known := h.known[path]; known {
		return sum, nil
	}
	sum, err := h.Hashes.Hash(ctx, path)
	if err == nil {
		h.known[path] = sum
	}
	return sum, err
}

const hashBlock = 512 << 10

// contextReader stops reading once the context is done.
type contextReader struct {
	ctx context.Context
	io.Reader
}

func (r contextReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

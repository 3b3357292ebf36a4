package safetensors

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/loramerge/loramerge/internal/fault"
)

// FuzzOpen checks that a file, whatever it holds, is refused with a
// Fault or comes back the same when it is written anew, and that either
// takes memory in proportion to its size.
func FuzzOpen(f *testing.F) {
	f.Add(fourAndSix())
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, content []byte) {
		checkProportion(t, content)
		in := filepath.Join(dir, "in.safetensors")
		if err := os.WriteFile(in, content, 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := Open(in)
		if err != nil {
			if _, ok := err.(*fault.Fault); !ok {
				t.Errorf("error %v is no Fault", err)
			}
			return
		}
		defer file.Close()
		out := filepath.Join(dir, "out.safetensors")
		copyTensors(t, out, file)
		defer os.Remove(out)
		checkSame(t, mustOpen(t, out), file)
	})
}

// checkProportion bounds the memory that reading takes. A byte of header may
// be a brace, for which room for a tensor of 64 bytes and its shape is made.
func checkProportion(t *testing.T, content []byte) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, _ = readHeader("x", bytes.NewReader(content), int64(len(content)))
	runtime.ReadMemStats(&after)
	used, bound := after.TotalAlloc-before.TotalAlloc, uint64(100_000+200*len(content))
	if used > bound {
		t.Errorf("%d bytes were allocated for a file of %d, more than %d", used, len(content), bound)
	}
}

// copyTensors writes what is in a file to another.
func copyTensors(t *testing.T, path string, from *File) {
	t.Helper()
	var specs []Spec
	for _, tensor := range from.Tensors() {
		specs = append(specs, Spec{tensor.Name, tensor.DType, tensor.Shape})
	}
	l, err := NewLayout(specs, from.Metadata())
	if err != nil {
		t.Fatal(err)
	}
	w, err := Create(path, l)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	for _, tensor := range from.Tensors() {
		if err := w.WriteAt(tensor.Name, dataOf(t, from, tensor), 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func dataOf(t *testing.T, f *File, tensor Tensor) []byte {
	t.Helper()
	p := make([]byte, tensor.Size())
	if err := f.ReadAt(tensor, p, 0); err != nil {
		t.Fatal(err)
	}
	return p
}

func checkSame(t *testing.T, got, want *File) {
	t.Helper()
	if !equalTensors(got.Tensors(), want.Tensors()) || !maps.Equal(got.Metadata(), want.Metadata()) {
		t.Fatalf("%v %q came back as %v %q", want.Tensors(), want.Metadata(), got.Tensors(), got.Metadata())
	}
	for _, tensor := range want.Tensors() {
		if !bytes.Equal(dataOf(t, got, tensor), dataOf(t, want, tensor)) {
			t.Errorf("tensor %q has other bytes", tensor.Name)
		}
	}
}

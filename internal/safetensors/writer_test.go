package safetensors

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// newWriter creates a file of a tensor "a" of 4 bytes and "b" of 6.
func newWriter(t *testing.T) (*Writer, string) {
	t.Helper()
	l, err := NewLayout([]Spec{{"a", U8, []int{4}}, {"b", U16, []int{3}}, {"empty", F32, []int{0}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x.safetensors")
	w, err := Create(path, l)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Abort() })
	return w, path
}

func mustWriteAt(t *testing.T, w *Writer, name string, p []byte, off int64) {
	t.Helper()
	if err := w.WriteAt(name, p, off); err != nil {
		t.Fatal(err)
	}
}

func TestWriterInAnyOrder(t *testing.T) {
	w, path := newWriter(t)
	mustWriteAt(t, w, "b", []byte{8, 9}, 4)
	mustWriteAt(t, w, "a", []byte{0, 1, 2, 3}, 0)
	mustWriteAt(t, w, "b", []byte{4, 5, 6, 7}, 0)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := slices.Concat(w.layout.Header(), []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
	if !bytes.Equal(got, want) {
		t.Errorf("wrote %q, want %q", got, want)
	}
}

func TestWriterFromManyGoroutines(t *testing.T) {
	l := adapterLayout(t, 8)
	path := filepath.Join(t.TempDir(), "x.safetensors")
	w, err := Create(path, l)
	if err != nil {
		t.Fatal(err)
	}
	const pieces = 8
	var wg sync.WaitGroup
	for i, tensor := range l.Tensors() {
		for piece := range int64(pieces) {
			wg.Go(func() {
				size := tensor.Size() / pieces
				p := bytes.Repeat([]byte{byte(pieces*int64(i) + piece)}, int(size))
				if err := w.WriteAt(tensor.Name, p, piece*size); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f := mustOpen(t, path)
	for i, tensor := range f.Tensors() {
		p := make([]byte, tensor.Size())
		if err := f.ReadAt(tensor, p, 0); err != nil {
			t.Fatal(err)
		}
		for at, b := range p {
			if want := byte(pieces*i + at*pieces/len(p)); b != want {
				t.Fatalf("tensor %s: byte %d is %d, want %d", tensor.Name, at, b, want)
			}
		}
	}
}

func TestWriterHasItsFinalSizeAtOnce(t *testing.T) {
	w, path := newWriter(t)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() != w.layout.Size() {
		t.Errorf("%d bytes, want %d", info.Size(), w.layout.Size())
	}
}

func TestCreateKeepsWhatExists(t *testing.T) {
	path := writeFile(t, []byte("precious"))
	if _, err := Create(path, adapterLayout(t, 1)); !errors.Is(err, fs.ErrExist) {
		t.Errorf("error %v, want one of an existing file", err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "precious" {
		t.Errorf("the file holds %q, %v", got, err)
	}
}

func TestCreateWithoutRoom(t *testing.T) {
	l, err := NewLayout([]Spec{{"a", U8, []int{1 << 30, 1 << 29}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x.safetensors")
	if _, err := Create(path, l); err == nil || !strings.Contains(err.Error(), "reserving") {
		t.Errorf("error %v", err)
	}
	checkGone(t, path)
}

func TestWriteAtPanics(t *testing.T) {
	tests := map[string]struct {
		name string
		off  int64
		size int
	}{
		"unknown tensor":       {"c", 0, 1},
		"before the tensor":    {"b", -1, 1},
		"into the next tensor": {"a", 3, 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w, _ := newWriter(t)
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			w.WriteAt(test.name, make([]byte, test.size), test.off)
		})
	}
}

package safetensors

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// writeAndOpen writes a file, its tensors filled by fillOf, and opens it.
func writeAndOpen(t testing.TB, specs []Spec, metadata map[string]string) *File {
	t.Helper()
	l, err := NewLayout(specs, metadata)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x.safetensors")
	w, err := Create(path, l)
	if err != nil {
		t.Fatal(err)
	}
	for i, tensor := range l.Tensors() {
		if err := w.WriteAt(tensor.Name, fillOf(i, tensor), 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return mustOpen(t, path)
}

func fillOf(i int, t Tensor) []byte {
	return bytes.Repeat([]byte{byte(i + 1)}, int(t.Size()))
}

func TestRoundTripOfEveryDType(t *testing.T) {
	var specs []Spec
	for d := BOOL; d.valid(); d++ {
		// Four elements are whole bytes at 4 and 6 bits too.
		specs = append(specs, Spec{d.String(), d, []int{2, 2}}, Spec{d.String() + " empty", d, []int{2, 0}})
	}
	f := writeAndOpen(t, specs, nil)
	for i, spec := range specs {
		tensor, ok := f.Lookup(spec.Name)
		if !ok || tensor.DType != spec.DType || !slices.Equal(tensor.Shape, spec.Shape) {
			t.Fatalf("%v came back as %v", spec, tensor)
		}
		if want := int64(tensor.Elements() * spec.DType.Bits() / 8); tensor.Size() != want {
			t.Errorf("%v has %d bytes, want %d", spec, tensor.Size(), want)
		}
		got := make([]byte, tensor.Size())
		if err := f.ReadAt(tensor, got, 0); err != nil || !bytes.Equal(got, fillOf(i, tensor)) {
			t.Errorf("%v: bytes %v, %v", spec, got, err)
		}
	}
}

// What is laid out is what is read, whatever the names and shapes.
func TestRoundTrip(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		specs := rapid.SliceOfNDistinct(specGenerator(), 0, 8, func(s Spec) string { return s.Name }).Draw(t, "specs")
		metadata := rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "metadata")
		l, err := NewLayout(specs, metadata)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "x.safetensors")
		// Zeros will do for data: only the header is looked at.
		if err := os.WriteFile(path, append(l.Header(), make([]byte, l.Size()-int64(len(l.Header())))...), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		byOffset := slices.SortedStableFunc(slices.Values(l.Tensors()), compareOffsets)
		if !equalTensors(f.Tensors(), byOffset) || !maps.Equal(f.Metadata(), metadata) {
			t.Errorf("read %v, %q", f.Tensors(), f.Metadata())
		}
		if f.Size() != l.Size() || f.HeaderSize() != int64(len(l.Header())) || f.HeaderSize()%headerAlign != 0 {
			t.Errorf("sizes %d, %d, want %d, %d", f.Size(), f.HeaderSize(), l.Size(), len(l.Header()))
		}
	})
}

func specGenerator() *rapid.Generator[Spec] {
	return rapid.Custom(func(t *rapid.T) Spec {
		return Spec{
			Name:  rapid.StringOf(rapid.RuneFrom([]rune(`ab."\/<>é€😀 `))).Draw(t, "name"),
			DType: DType(rapid.IntRange(int(U8), int(U64)).Draw(t, "dtype")),
			Shape: rapid.SliceOfN(rapid.IntRange(0, 5), 0, 4).Draw(t, "shape"),
		}
	})
}

// The header does not depend on the order in which a map is walked.
func TestHeaderIsDeterministic(t *testing.T) {
	metadata := make(map[string]string)
	for i := range 100 {
		metadata[fmt.Sprint(i)] = "x"
	}
	first, err := NewLayout(nil, metadata)
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		again, err := NewLayout(nil, maps.Clone(metadata))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first.Header(), again.Header()) {
			t.Fatalf("header %q, and then %q", first.Header(), again.Header())
		}
	}
}

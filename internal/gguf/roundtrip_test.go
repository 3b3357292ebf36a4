package gguf

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestRoundTrip writes files of any shape and reads them.
func TestRoundTrip(t *testing.T) {
	folder, files := t.TempDir(), 0
	rapid.Check(t, func(t *rapid.T) {
		specs := make([]Spec, rapid.IntRange(0, 5).Draw(t, "tensors"))
		for i := range specs {
			shape := rapid.SliceOfN(rapid.IntRange(0, 7), 1, 4).Draw(t, "shape")
			specs[i] = Spec{fmt.Sprintf("tensor.%d", i), rapid.SampledFrom([]Type{F32, F16, BF16}).Draw(t, "type"), shape}
		}
		pairs := []Pair{{Key: "n", Kind: Uint32, Bits: 7}, {Key: "alpha", Kind: Float32, Bits: uint64(math.Float32bits(0.5))}, TextPair("text", rapid.String().Draw(t, "text"))}
		files++
		path := filepath.Join(folder, fmt.Sprint(files))
		layout, err := NewLayout(specs, pairs)
		if err != nil {
			t.Fatal(err)
		}
		w, err := Create(path, layout)
		if err != nil {
			t.Fatal(err)
		}
		for i, tensor := range layout.Tensors() {
			if err := w.WriteAt(tensor.Name, bytes.Repeat([]byte{byte(i + 1)}, int(tensor.Size())), 0); err != nil {
				t.Fatal(err)
			}
		}
		pairs[0].Bits = 8
		if err := w.Describe(pairs); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if w.SHA256() != sha256.Sum256(content) || len(content)%32 != 0 {
			t.Fatalf("%d bytes of another hash", len(content))
		}
		f, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if !slices.Equal(f.Pairs(), pairs) || len(f.Tensors()) != len(specs) {
			t.Fatalf("read %v and %d tensors", f.Pairs(), len(f.Tensors()))
		}
		for i, tensor := range f.Tensors() {
			got := make([]byte, tensor.Size())
			if err := f.ReadAt(tensor, got, 0); err != nil {
				t.Fatal(err)
			}
			if want := bytes.Repeat([]byte{byte(i + 1)}, len(got)); tensor.Name != specs[i].Name || !slices.Equal(tensor.Shape, specs[i].Shape) || tensor.Type != specs[i].Type || !bytes.Equal(got, want) {
				t.Fatalf("read %+v, wrote %+v", tensor, specs[i])
			}
		}
	})
}

// TestLayoutIsAsTheFormatSays compares the bytes with those of docs/gguf.md, written by hand.
func TestLayoutIsAsTheFormatSays(t *testing.T) {
	layout, err := NewLayout([]Spec{{"a", F16, []int{2, 3}}, {"b", F32, []int{8}}}, []Pair{TextPair("k", "v"), {Key: "f", Kind: Float32, Bits: 0x3f800000}})
	if err != nil {
		t.Fatal(err)
	}
	r := begin(2, 2).text("k").u32(8).text("v").text("f").u32(6, 0x3f800000)
	r.text("a").u32(2).u64(3, 2).u32(1).u64(0).text("b").u32(1).u64(8).u32(0).u64(32)
	r.data(0)
	if !bytes.Equal(layout.Header(), r.Bytes()) {
		t.Errorf("got  %q\nwant %q", layout.Header(), r.Bytes())
	}
	if got, want := layout.Size(), int64(r.Len()+64); got != want {
		t.Errorf("the file has %d bytes, want %d", got, want)
	}
}

func TestLayoutRefuses(t *testing.T) {
	tests := map[string]struct {
		specs []Spec
		pairs []Pair
	}{
		"a name twice":      {specs: []Spec{{"a", F32, []int{1}}, {"a", F32, []int{1}}}},
		"a long name":       {specs: []Spec{{string(bytes.Repeat([]byte("x"), 64)), F32, []int{1}}}},
		"no name of UTF-8":  {specs: []Spec{{"\xff", F32, []int{1}}}},
		"a scalar":          {specs: []Spec{{"a", F32, nil}}},
		"five dimensions":   {specs: []Spec{{"a", F32, []int{1, 1, 1, 1, 1}}}},
		"a negative one":    {specs: []Spec{{"a", F32, []int{-1}}}},
		"half a block":      {specs: []Spec{{"a", Q8_0, []int{31}}}},
		"an overflow":       {specs: []Spec{{"a", F32, []int{1 << 40, 1 << 40}}}},
		"an empty key":      {pairs: []Pair{TextPair("", "x")}},
		"a key twice":       {pairs: []Pair{TextPair("a", "x"), TextPair("a", "y")}},
		"no text of UTF-8":  {pairs: []Pair{TextPair("a", "\xff")}},
		"a bell in a key":   {pairs: []Pair{TextPair("\a", "x")}},
		"a bell in a name":  {specs: []Spec{{"\a", F32, []int{1}}}},
		"a type that is no": {specs: []Spec{{"a", Type(4), []int{1}}}},
	}
	for name, test := range tests {
		if _, err := NewLayout(test.specs, test.pairs); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

func TestUnfinishedFileIsRefused(t *testing.T) {
	layout, err := NewLayout([]Spec{{"a", F32, []int{1}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x.gguf")
	w, err := Create(path, layout)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	_, err = Open(path)
	checkRefused(t, err, "does not begin with the letters GGUF")
}

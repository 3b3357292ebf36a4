package safetensors

import (
	"path/filepath"
	"testing"
)

func TestDescribe(t *testing.T) {
	layout, err := NewLayout([]Spec{{Name: "x", DType: U8, Shape: []int{3}}}, map[string]string{"hash": "0000"})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x.safetensors")
	w, err := Create(path, layout)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.WriteAt("x", []byte{1, 2, 3}, 0); err != nil {
		t.Fatal(err)
	}
	if err := w.Describe(map[string]string{"hash": "beef"}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := f.Metadata()["hash"]; got != "beef" {
		t.Errorf("metadata holds %q", got)
	}
}

func TestDescribeKeepsTheHeadersLength(t *testing.T) {
	layout, err := NewLayout([]Spec{{Name: "x", DType: U8, Shape: []int{0}}}, map[string]string{"hash": "0000"})
	if err != nil {
		t.Fatal(err)
	}
	w, err := Create(filepath.Join(t.TempDir(), "x.safetensors"), layout)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	defer func() {
		if recover() == nil {
			t.Error("a longer header was accepted")
		}
	}()
	w.Describe(map[string]string{"hash": "a text that is much longer than before"})
}

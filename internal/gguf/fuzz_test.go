package gguf

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/loramerge/loramerge/internal/fault"
)

// FuzzReadHeader reads any bytes as a header. What is accepted keeps its promises: tensors in
// order, within the file, at multiples of the alignment.
func FuzzReadHeader(f *testing.F) {
	f.Add(begin(2, 3).text("s").u32(8).text("text").text("n").u32(10).u64(1).text("a").u32(9).u32(8).u64(2).text("x").text("y").tensor("t", 0, 2, 2).tensor("u", 32, 8).data(64).Bytes())
	f.Add(begin(1, 1).text("general.alignment").u32(4).u32(64).tensor("t", 0, 8).data(64).Bytes())
	f.Add(begin(1, 0).text("a").u32(1).u64(32).u32(8).u64(0).data(64).Bytes())
	f.Add(begin(0, 1).text("a").u32(9).u32(9).u64(1 << 40).Bytes())
	for _, pattern := range []string{"*.gguf", "*/*.gguf"} {
		vectors, _ := filepath.Glob(filepath.Join("../../../shared/formats/vectors/gguf", pattern))
		for _, path := range vectors {
			if content, err := os.ReadFile(path); err == nil {
				f.Add(content)
			}
		}
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		h, err := readHeader("x", bytes.NewReader(content), int64(len(content)))
		if err != nil {
			if _, ok := err.(*fault.Fault); !ok {
				t.Fatalf("%v is no Fault", err)
			}
			return
		}
		end := int64(0)
		for _, tensor := range h.tensors {
			if tensor.Begin%h.align != 0 || tensor.Begin < end || tensor.End < tensor.Begin || h.dataAt+tensor.End > int64(len(content)) {
				t.Fatalf("tensor %+v of %d bytes from %d on, aligned to %d", tensor, len(content), h.dataAt, h.align)
			}
			end = tensor.End
		}
	})
}

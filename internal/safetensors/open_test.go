package safetensors

import (
	"bytes"
	"encoding/binary"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// fileBytes is a file of that header and so many bytes of data: 0, 1, 2, …
func fileBytes(header string, dataSize int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	b = append(b, header...)
	for i := range dataSize {
		b = append(b, byte(i))
	}
	return b
}

func writeFile(t testing.TB, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.safetensors")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func mustOpen(t testing.TB, path string) *File {
	t.Helper()
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func equalTensors(a, b []Tensor) bool {
	return slices.EqualFunc(a, b, func(a, b Tensor) bool {
		return a.Name == b.Name && a.DType == b.DType && slices.Equal(a.Shape, b.Shape) && a.Begin == b.Begin && a.End == b.End
	})
}

func TestAccepted(t *testing.T) {
	tests := map[string]struct {
		header   string
		dataSize int
		tensors  []Tensor
		metadata map[string]string
	}{
		"no tensors": {header: `{}`},
		// The reference's test_whitespace_padded_header.
		"trailing white space": {header: "{}\r \t\n"},
		"leading white space":  {header: "\t\n{}\r "},
		"white space anywhere": {
			header:   " { \"a\" :\n{ \"dtype\" : \"U8\" , \"shape\" : [ 2 , 1 ] , \"data_offsets\" : [ 0 , 2 ] } } ",
			dataSize: 2,
			tensors:  []Tensor{{"a", U8, []int{2, 1}, 0, 2}},
		},
		// The reference's test_empty_shapes_allowed.
		"scalar": {
			header:   `{"test":{"dtype":"I32","shape":[],"data_offsets":[0,4]}}`,
			dataSize: 4,
			tensors:  []Tensor{{"test", I32, nil, 0, 4}},
		},
		// The reference's test_zero_sized_tensor.
		"empty tensor": {
			header:  `{"test":{"dtype":"I32","shape":[2,0],"data_offsets":[0, 0]}}`,
			tensors: []Tensor{{"test", I32, []int{2, 0}, 0, 0}},
		},
		"any order": {
			header: `{"b":{"data_offsets":[2,4],"shape":[1],"dtype":"F16"},"z":{"dtype":"U8","shape":[0],"data_offsets":[2,2]},` +
				`"y":{"dtype":"U8","shape":[0],"data_offsets":[2,2]},"a":{"shape":[2],"data_offsets":[0,2],"dtype":"U8"}}`,
			dataSize: 4,
			tensors:  []Tensor{{"a", U8, []int{2}, 0, 2}, {"z", U8, []int{0}, 2, 2}, {"y", U8, []int{0}, 2, 2}, {"b", F16, []int{1}, 2, 4}},
		},
		"metadata": {
			header:   `{"__metadata__":{"format":"pt","":"line\nline \u001b[31m"}}`,
			metadata: map[string]string{"format": "pt", "": "line\nline \x1b[31m"},
		},
		"metadata last": {
			header:   `{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"__metadata__":{}}`,
			dataSize: 1,
			tensors:  []Tensor{{"a", U8, []int{1}, 0, 1}},
		},
		"escapes": {
			header:   `{"\"\\\/é\u00e9\u20AC\ud83d\ude00":{"d\u0074ype":"U\u0038","shape":[1],"data_offsets":[0,1]}}`,
			dataSize: 1,
			tensors:  []Tensor{{`"\/éé€😀`, U8, []int{1}, 0, 1}},
		},
		"4 and 6 bits": {
			header:   `{"a":{"dtype":"F4","shape":[2],"data_offsets":[0,1]},"b":{"dtype":"F6_E2M3","shape":[2,2],"data_offsets":[1,4]}}`,
			dataSize: 4,
			tensors:  []Tensor{{"a", F4, []int{2}, 0, 1}, {"b", F6_E2M3, []int{2, 2}, 1, 4}},
		},
		"most dimensions": {
			header:   `{"a":{"dtype":"U8","shape":[1` + repeat(",1", maxRank-1) + `],"data_offsets":[0,1]}}`,
			dataSize: 1,
			tensors:  []Tensor{{"a", U8, slices.Repeat([]int{1}, maxRank), 0, 1}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := mustOpen(t, writeFile(t, fileBytes(test.header, test.dataSize)))
			if !equalTensors(f.Tensors(), test.tensors) {
				t.Errorf("tensors %v, want %v", f.Tensors(), test.tensors)
			}
			if !maps.Equal(f.Metadata(), test.metadata) {
				t.Errorf("metadata %q, want %q", f.Metadata(), test.metadata)
			}
		})
	}
}

func repeat(s string, n int) string { return string(bytes.Repeat([]byte(s), n)) }

func TestFileAccessors(t *testing.T) {
	const header = `{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}`
	path := writeFile(t, fileBytes(header, 2))
	f := mustOpen(t, path)
	if f.Path() != path {
		t.Errorf("path %q, want %q", f.Path(), path)
	}
	if want := int64(8 + len(header)); f.HeaderSize() != want {
		t.Errorf("header size %d, want %d", f.HeaderSize(), want)
	}
	if want := int64(8 + len(header) + 2); f.Size() != want {
		t.Errorf("size %d, want %d", f.Size(), want)
	}
	if a, ok := f.Lookup("a"); !ok || a.Size() != 2 {
		t.Errorf(`Lookup("a") = %v, %v`, a, ok)
	}
	if b, ok := f.Lookup("b"); ok {
		t.Errorf(`Lookup("b") = %v`, b)
	}
}

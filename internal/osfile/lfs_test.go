package osfile_test

import (
	"fmt"
	"testing"

	"github.com/loramerge/loramerge/internal/osfile"
)

// pointer is the example of the Git LFS specification.
const pointer = "version https://git-lfs.github.com/spec/v1\n" +
	"oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\n" +
	"size 12345\n"

func TestIsLFSPointer(t *testing.T) {
	tests := map[string]struct {
		prefix string
		want   bool
	}{
		"specification's example": {pointer, true},
		"just enough":             {pointer[:osfile.LFSPrefixSize], true},
		"one byte short":          {pointer[:osfile.LFSPrefixSize-1], false},
		"nothing":                 {"", false},
		"not at the start":        {"\n" + pointer, false},
		"json":                    {`{"version": "https://git-lfs.github.com/spec/v1"}`, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := osfile.IsLFSPointer([]byte(test.prefix)); got != test.want {
				t.Errorf("IsLFSPointer(%q) = %v, want %v", test.prefix, got, test.want)
			}
		})
	}
}

func ExampleIsLFSPointer() {
	config := []byte("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a…")
	if osfile.IsLFSPointer(config) {
		fmt.Println("a Git LFS pointer:", osfile.LFSRemedy)
	}
	// Output: a Git LFS pointer: run `git lfs pull` in its repository to fetch the real file
}

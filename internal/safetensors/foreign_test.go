package safetensors

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/golden"
)

func TestForeignFiles(t *testing.T) {
	lengthOnly := func(n uint64) string { return string(binary.LittleEndian.AppendUint64(nil, n)) }
	tests := map[string]struct {
		content string
		want    string
	}{
		"empty":                    {"", "it is empty; it is incomplete"},
		"half a length":            {"\x02\x00\x00\x00", "it has 4 bytes, too few"},
		"length only":              {lengthOnly(2), "it has 8 bytes, too few"},
		"length 0":                 {lengthOnly(0) + " ", "the header has its end where '{'"},
		"length 0, data":           {lengthOnly(0) + "{}", "the header has its end where '{'"},
		"length beyond the file":   {lengthOnly(3) + "{}", "given as 3 bytes, but the file has 10"},
		"length of 128 cut short":  {lengthOnly(128) + "{}", "given as 128 bytes, but the file has 10"},
		"one more than allowed":    {lengthOnly(100_000_001) + "{}", "given as 100000001 bytes; at most 100000000"},
		"length -1":                {lengthOnly(1<<64-1) + "{}", "given as 18446744073709551615 bytes; at most"},
		"Git LFS pointer":          {"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 5\n", "Git LFS pointer, not the file itself; run `git lfs pull`"},
		"PyTorch zip":              {"PK\x03\x04\x00\x00\x08\x08\x00\x00\x00\x00\x00\x00archive/data.pkl", "PyTorch pickle under another name: it could run any program, and is never loaded; rename it"},
		"zip, of a sound length":   {"PK\x03\x04\x00\x00\x00\x00\x00\x00\x00\x00", "PyTorch pickle"},
		"PyTorch before 1.6":       {"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.", "PyTorch pickle"},
		"a web page":               {"<!DOCTYPE html><html></html>", "at most 100000000 are allowed (at byte 0); check that it is a safetensors file"},
		"text after a good length": {lengthOnly(4) + "text", "not a JSON object (at byte 8)"},
	}
	gathered := golden.Gather(t, "testdata/"+t.Name()+".golden")
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			path := writeFile(t, []byte(test.content))
			_, err := Open(path)
			checkFault(t, err, test.want)
			gathered.Add(strings.ReplaceAll(fmt.Sprintf("%s: %v", name, err), path, "x"))
		})
	}
}

// A sound header of 128 bytes begins with 0x80, as pickles do.
func TestHeaderOf128Bytes(t *testing.T) {
	header := `{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`
	header += repeat(" ", 128-len(header))
	mustOpen(t, writeFile(t, fileBytes(header, 1)))
}

func TestTruncatedAnywhere(t *testing.T) {
	content := fourAndSix()
	for size := range content {
		if _, err := Open(writeFile(t, content[:size])); err == nil {
			t.Errorf("cut to %d of %d bytes, and accepted", size, len(content))
		} else {
			checkFault(t, err, "")
		}
	}
}

func TestOpenFolder(t *testing.T) {
	folder := t.TempDir()
	_, err := Open(folder)
	checkFault(t, err, "it is a folder; give the .safetensors file within it")
	golden.Gather(t, "testdata/"+t.Name()+".golden").Add(strings.ReplaceAll(err.Error(), folder, "x"))
}

func TestOpenMissing(t *testing.T) {
	_, err := Open(filepath.Join(t.TempDir(), "none"))
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v, want one of a missing file", err)
	}
}

package main

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/loramerge/loramerge/adapter/peft"
	"github.com/loramerge/loramerge/internal/safetensors"
)

// cmdTensors requires two adapters to hold the same tensors, byte for byte:
//
//	tensors DIR DIR
func cmdTensors(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: [!] tensors DIR DIR")
	}
	x, y := readTensors(ts, args[0]), readTensors(ts, args[1])
	same := slices.EqualFunc(x, y, func(a, b stored) bool {
		return a.Name == b.Name && a.DType == b.DType && slices.Equal(a.Shape, b.Shape) && bytes.Equal(a.bytes, b.bytes)
	})
	if same == neg {
		ts.Fatalf("the same tensors: %v", same)
	}
}

// stored is a tensor with its bytes.
type stored struct {
	safetensors.Tensor
	bytes []byte
}

func readTensors(ts *testscript.TestScript, dir string) []stored {
	file, err := safetensors.Open(filepath.Join(ts.MkAbs(dir), peft.WeightsFile))
	ts.Check(err)
	defer file.Close()
	var all []stored
	for _, tensor := range file.Tensors() {
		raw := make([]byte, tensor.Size())
		ts.Check(file.ReadAt(tensor, raw, 0))
		all = append(all, stored{tensor, raw})
	}
	slices.SortFunc(all, func(a, b stored) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// cmdWeights writes a safetensors file whose header is a file's text, for headers
// that lie:
//
//	weights FILE HEADER BYTES [LENGTH]
//
// BYTES zeros follow the header, whose length is given as LENGTH if it is there.
func cmdWeights(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: weights FILE HEADER BYTES [LENGTH]")
	}
	header := strings.TrimSpace(ts.ReadFile(args[1]))
	length := uint64(len(header))
	zeros, err := strconv.Atoi(args[2])
	ts.Check(err)
	if len(args) > 3 {
		length, err = strconv.ParseUint(args[3], 10, 64)
		ts.Check(err)
	}
	data := binary.LittleEndian.AppendUint64(nil, length)
	data = append(append(data, header...), make([]byte, zeros)...)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o666))
}

// cmdTruncate takes bytes off a file's end:
//
//	truncate FILE BYTES
func cmdTruncate(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: truncate FILE BYTES")
	}
	path := ts.MkAbs(args[0])
	info, err := os.Stat(path)
	ts.Check(err)
	less, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Check(os.Truncate(path, info.Size()-less))
}

// cmdSpoil changes a file's last byte:
//
//	spoil FILE
func cmdSpoil(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: spoil FILE")
	}
	data := []byte(ts.ReadFile(args[0]))
	data[len(data)-1] ^= 1
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o666))
}

// cmdReplace puts another text wherever a regular expression matches in a file, which it must:
//
//	replace FILE REGEXP TEXT
//
// A line break in the text is \n.
func cmdReplace(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: replace FILE REGEXP TEXT")
	}
	form, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	text := ts.ReadFile(args[0])
	if !form.MatchString(text) {
		ts.Fatalf("nothing in %s matches %s", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(form.ReplaceAllString(text, strings.ReplaceAll(args[2], `\n`, "\n"))), 0o666))
}

// cmdHolds requires a folder to hold these entries, hidden ones too, and no others:
//
//	holds DIR NAME…
func cmdHolds(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: holds DIR NAME…")
	}
	entries, err := os.ReadDir(ts.MkAbs(args[0]))
	ts.Check(err)
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	if want := slices.Sorted(slices.Values(args[1:])); !slices.Equal(names, want) {
		ts.Fatalf("%s holds %q, not %q", args[0], names, want)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

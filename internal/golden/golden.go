// Package golden is for tests that compare output with a file that people read: `go test
// -update` rewrites the file, and a reviewer reads the diff.
package golden

import (
	"bytes"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files and the generated documents")

// Updating reports whether golden files are to be rewritten.
func Updating() bool { return *update }

// Compare fails the test where got is not what the file at path holds. With -update it
// writes the file first.
func Compare(t testing.TB, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what comes out now; if that is meant, run the test with -update\ngot\n%s\nwant\n%s", path, got, want)
	}
}

// Lines gathers lines that a test adds, in any order.
type Lines struct{ lines []string }

// Gather begins lines that are compared with the file at path, sorted, when the test ends.
func Gather(t testing.TB, path string) *Lines {
	all := new(Lines)
	t.Cleanup(func() {
		lines := slices.Compact(slices.Sorted(slices.Values(all.lines)))
		Compare(t, path, []byte(strings.Join(lines, "")))
	})
	return all
}

// Add adds one line. Remove the paths of the test's own files from it first.
func (x *Lines) Add(text string) { x.lines = append(x.lines, text+"\n") }

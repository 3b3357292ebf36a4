// Package golden is for tests that compare what comes out with a file that people read:
// `go test -update` writes the file anew, and its diff is what a reviewer looks at.
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

// Telling gathers the lines that a test is told, in any order.
type Telling struct{ lines []string }

// Tell begins one, which is compared with the file at path when the test ends.
func Tell(t testing.TB, path string) *Telling {
	told := new(Telling)
	t.Cleanup(func() {
		lines := slices.Compact(slices.Sorted(slices.Values(told.lines)))
		Compare(t, path, []byte(strings.Join(lines, "")))
	})
	return told
}

// Add takes one line. Where a test's own files lie should be taken out of it.
func (x *Telling) Add(text string) { x.lines = append(x.lines, text+"\n") }

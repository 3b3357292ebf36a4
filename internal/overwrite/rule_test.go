package overwrite

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/loramerge/loramerge/internal/fault"
)

// mine is content that loramerge made, in these tests.
const mine = "made: by loramerge\n"

var own = Begins(func(head []byte) bool { return string(head) == mine })

// scene makes a folder with an input, a page, a file of somebody's, and links.
func scene(t *testing.T) (dir string, kept []Kept) {
	t.Helper()
	dir = t.TempDir()
	t.Chdir(dir)
	for name, text := range map[string]string{"input/weights": "precious", "page": mine, "theirs": "theirs", "empty": "", "out/weights": "output"} {
		must(t, os.MkdirAll(filepath.Dir(name), 0o777))
		must(t, os.WriteFile(name, []byte(text), 0o666))
	}
	must(t, os.Symlink("input", "input-link"))
	must(t, os.Symlink("input/weights", "weights-link"))
	must(t, os.Symlink("weights-link", "link-to-link"))
	must(t, os.Symlink("nowhere", "dangling"))
	must(t, os.Symlink("page", "page-link"))
	must(t, os.Link("input/weights", "hard"))
	return dir, []Kept{{Path: "input/weights", What: "an input"}, {Path: "out", What: "the output", Closed: true}}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestFiles(t *testing.T) {
	dir, kept := scene(t)
	for _, c := range []struct {
		path          string
		plain, forced bool // whether it is written
	}{
		{"new", true, true},
		{"page", true, true},
		{"page-link", true, true},
		{"empty", true, true},
		{"theirs", false, true},
		{"input", false, false},
		{"out", false, false},
		{"out/new", false, false},
		{"out/weights", false, false},
		{"dangling", false, false},
		{"input/new", true, true},
		{"input/weights", false, false},
		{"./input//weights", false, false},
		{"out/../input/weights", false, false},
		{filepath.Join(dir, "input", "weights"), false, false},
		{"input-link/weights", false, false},
		{"weights-link", false, false},
		{"link-to-link", false, false},
		{"hard", false, false},
	} {
		for force, want := range map[bool]bool{false: c.plain, true: c.forced} {
			rule := Rule{Force: force, Kept: kept}
			err := rule.CheckFile(c.path, own)
			if (err == nil) != want {
				t.Errorf("%s, force %v: %v", c.path, force, err)
			}
			if _, refused := err.(*fault.Fault); err != nil && !refused {
				t.Errorf("%s: %T", c.path, err)
			}
			if want {
				continue
			}
			if err := rule.WriteFile(c.path, []byte("x"), own); err == nil {
				t.Errorf("%s, force %v: written", c.path, force)
			}
			if file, err := rule.Append(c.path, own); err == nil {
				file.Close()
				t.Errorf("%s, force %v: opened", c.path, force)
			}
		}
	}
	for name, want := range map[string]string{"input/weights": "precious", "theirs": "theirs", "out/weights": "output"} {
		if got, err := os.ReadFile(name); string(got) != want {
			t.Errorf("%s holds %q, %v", name, got, err)
		}
	}
}

func TestFolders(t *testing.T) {
	dir, kept := scene(t)
	kept = kept[:1]
	theirs := func(string) (string, error) { return "holds notes.txt", nil }
	nobodys := func(string) (string, error) { return "", nil }
	for _, c := range []struct {
		path    string
		foreign Foreign
		force   bool
		want    bool
	}{
		{"out", nobodys, false, true},
		{"out", theirs, false, false},
		{"out", theirs, true, true},
		{"new", nobodys, false, true},
		{"input", nobodys, true, false},
		{"input/below", nobodys, false, true},
		{"input-link", nobodys, true, false},
		{".", nobodys, true, false},
		{dir, nobodys, true, false},
		{filepath.Dir(dir), nobodys, true, false},
	} {
		err := Rule{Force: c.force, Kept: kept}.Check(c.path, c.foreign)
		if (err == nil) != c.want {
			t.Errorf("%s, force %v: %v", c.path, c.force, err)
		}
	}
}

// TestWrittenThroughLink: the link stays, and what it leads to is written.
func TestWrittenThroughLink(t *testing.T) {
	_, kept := scene(t)
	must(t, Rule{Kept: kept}.WriteFile("page-link", []byte("new"), own))
	if got, err := os.ReadFile("page"); string(got) != "new" {
		t.Errorf("it holds %q, %v", got, err)
	}
	if end, err := os.Readlink("page-link"); end != "page" {
		t.Errorf("the link leads to %q, %v", end, err)
	}
}

func TestAppend(t *testing.T) {
	scene(t)
	for range 2 {
		file, err := Rule{}.Append("log", Begins(func(head []byte) bool { return head[0] == 'a' }))
		must(t, err)
		_, err = file.WriteString("a\n")
		must(t, errors.Join(err, file.Close()))
	}
	if got, err := os.ReadFile("log"); string(got) != "a\na\n" {
		t.Errorf("it holds %q, %v", got, err)
	}
}

package cache

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tree returns the slashed paths of everything below dir.
func tree(t testing.TB, dir string) (paths []string) {
	t.Helper()
	must(t, filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if path != dir {
			relative, relErr := filepath.Rel(dir, path)
			must(t, relErr)
			paths = append(paths, filepath.ToSlash(relative))
		}
		return err
	}))
	return paths
}

func TestClearLeavesNothingOfOurs(t *testing.T) {
	c := open(t)
	for _, description := range []string{"a", "b", "c"} {
		must(t, c.Put(named(description), []byte(description)))
	}
	_, content := c.files(t, named("a"))
	must(t, os.WriteFile(filepath.Join(filepath.Dir(content), "new-17"), nil, 0o600))
	must(t, c.Clear())
	if left := tree(t, c.Dir()); len(left) > 0 {
		t.Errorf("Clear leaves %q", left)
	}
	must(t, c.Clear())
	must(t, c.Put(named("a"), []byte("again")))
	wantHit(t, c, named("a"), "again")
}

func TestClearLeavesWhatIsForeign(t *testing.T) {
	sum := strings.Repeat("ab", 32)
	foreign := []string{
		"README", "new-1", "ab/" + sum, // not in a level's folder
		"names/new", "names/" + sum, "names/cd/" + sum, "names/ab/" + sum + "0", "names/ab/" + strings.ToUpper(sum),
		"names/ab/new-", "names/ab/new-file", "names/ab/new-1/file", "names/abc/" + sum, "names/xy/" + sum,
		"contents/CACHEDIR.TAG", "contents/ab/" + sum[1:], "contents/notes/text",
	}
	c := open(t)
	must(t, c.Put(named("n"), []byte(small)))
	var want []string
	for _, name := range foreign {
		path := filepath.Join(c.Dir(), filepath.FromSlash(name))
		must(t, os.MkdirAll(filepath.Dir(path), 0o700))
		must(t, os.WriteFile(path, []byte("foreign"), 0o600))
		want = append(want, name)
	}
	_, err := c.Verify(t.Context())
	must(t, err)
	_, _, err = c.Trim(0)
	must(t, err)
	must(t, c.Clear())
	got := slices.DeleteFunc(tree(t, c.Dir()), func(name string) bool { return !slices.Contains(want, name) })
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("there is %q, want %q", got, want)
	}
	if exists(c.entries.path(named("n"))) {
		t.Error("the entry stands")
	}
}

func TestForeignTagStays(t *testing.T) {
	c := open(t)
	must(t, os.WriteFile(c.tagPath(), []byte("foreign"), 0o600))
	_, err := Open(c.Dir())
	must(t, err)
	if text, err := os.ReadFile(c.tagPath()); err != nil || string(text) != "foreign" {
		t.Errorf("the tag became %q, %v", text, err)
	}
}

func TestTagMarksTheContents(t *testing.T) {
	c := open(t)
	text, err := os.ReadFile(filepath.Join(c.Dir(), "contents", "CACHEDIR.TAG"))
	must(t, err)
	// The signature is the MD5 of ".IsCacheDirectory", from https://bford.info/cachedir/.
	if !strings.HasPrefix(string(text), "Signature: 8a477f597d28d172789f06886806bc55\n") {
		t.Errorf("the tag is %q", text)
	}
}

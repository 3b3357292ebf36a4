//go:build unix

package recipetext

import (
	"os"
	"path/filepath"
	"testing"
)

// A way up from a folder that is reached through a link begins where the folder lies,
// as the system has it, wherever a shell believes to be.
func TestPathThroughLinks(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"here/adapters", "far/away/recipes"} {
		if err := os.MkdirAll(filepath.Join(root, folder), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"here/link": "far/away/recipes", "come": "here"} {
		if err := os.Symlink(filepath.Join(root, to), filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(filepath.Join(root, "come"))
	for _, c := range []struct{ dir, path, want string }{
		{"", "adapters", "adapters"}, {".", "../here/adapters", "adapters"}, {"new", "adapters", "../adapters"},
		{"link", "adapters", "../../../here/adapters"}, {"link", "link/a", "../../../here/link/a"},
		{"link", root + "/here/./adapters", root + "/here/adapters"}, {root + "/come", "adapters", "adapters"},
	} {
		if got, err := Path(c.dir, c.path); err != nil || got != c.want {
			t.Errorf("%q seen from %q is %q, %v; not %q", c.path, c.dir, got, err, c.want)
		}
	}
}

//go:build unix

package osfile

import (
	"os"
	"path/filepath"
	"testing"
)

func TestAbs(t *testing.T) {
	root := Resolve(t.TempDir())
	if err := os.MkdirAll(filepath.Join(root, "far", "away"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(root, "far", "away"), filepath.Join(root, "link")); err != nil {
		t.Fatal(err)
	}
	for _, here := range []string{"link", "far/away"} {
		t.Chdir(filepath.Join(root, here))
		for path, want := range map[string]string{".": "/far/away", "": "/far/away", "..": "/far", "../x/./y": "/far/x/y", "new/z": "/far/away/new/z"} {
			if got := Abs(path); got != root+want {
				t.Errorf("%q seen from %s is %s, not %s", path, here, got, want)
			}
		}
		if got := Abs(root + "/link/../x"); got != root+"/x" {
			t.Errorf("an absolute path is %s", got)
		}
	}
}

package osfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadUpTo(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	if err := os.WriteFile(path, []byte("four"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path, link); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	for _, c := range []struct {
		path string
		most int64
		want string
	}{{path, 3, "fou"}, {path, 4, "four"}, {path, 5, "four"}, {link, 5, "four"}} {
		if got, err := ReadUpTo(c.path, c.most); err != nil || string(got) != c.want {
			t.Errorf("%d bytes of %s: %q, %v", c.most, c.path, got, err)
		}
	}
}

func TestRefuses(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]error{
		dir:                           ErrNotRegular,
		os.DevNull:                    ErrNotRegular,
		filepath.Join(dir, "missing"): fs.ErrNotExist,
	} {
		if _, err := ReadUpTo(path, 1); !errors.Is(err, want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, want %v", path, err, want)
		}
	}
}

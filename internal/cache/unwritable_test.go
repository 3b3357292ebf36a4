package cache

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestUnusableFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, []byte("mine"), 0o600))
	for _, dir := range []string{file, filepath.Join(file, "cache")} {
		c, err := Open(dir)
		if err == nil || !strings.HasPrefix(err.Error(), "open cache "+dir+": nothing new is kept there: ") || !strings.HasSuffix(err.Error(), "; make room, or set LORAMERGE_CACHE to a folder that can be written") {
			t.Errorf("Open(%s) = %v, want the folder and a remedy", dir, err)
		}
		must(t, c.Put(named("n"), []byte(small))) // Open has already told
		wantMiss(t, c, named("n"))
		if c.Has(named("n")) {
			t.Error("Has = true")
		}
		if _, _, err := c.Trim(0); err == nil || !strings.Contains(err.Error(), dir) {
			t.Errorf("Trim = %v, want an error with the folder", err)
		}
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "mine" {
		t.Errorf("the file in the way became %q, %v", text, err)
	}
}

func TestFailedPutIsToldOnce(t *testing.T) {
	c := open(t)
	must(t, c.Put(named("before"), []byte("before")))
	folder := filepath.Dir(c.entries.path(named("n")))
	must(t, os.RemoveAll(folder))
	must(t, os.WriteFile(folder, nil, 0o600))
	if err := c.Put(named("n"), []byte(small)); err == nil || !strings.Contains(err.Error(), ": nothing more is kept: ") || !strings.Contains(err.Error(), folder) {
		t.Errorf("Put = %v, want an error with the path", err)
	}
	must(t, c.Put(named("n"), []byte(small)))
	wantMiss(t, c, named("n"))
	wantHit(t, c, named("before"), "before")
}

//go:build unix

package cache

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A link at an entry's place is foreign, even if it leads to the right bytes: reading
// would follow it to anywhere, a named pipe among others.
func TestLinkedFileIsAMiss(t *testing.T) {
	for level, file := range []string{"entry", "content"} {
		t.Run(file, func(t *testing.T) {
			c := open(t)
			must(t, c.Put(named("n"), []byte(small)))
			entry, content := c.files(t, named("n"))
			path := []string{entry, content}[level]
			outside := filepath.Join(t.TempDir(), "outside")
			must(t, os.Rename(path, outside))
			must(t, os.Symlink(outside, path))
			wantMiss(t, c, named("n"))

			before, err := os.ReadFile(outside)
			must(t, err)
			must(t, c.Put(named("n"), []byte(small)))
			wantHit(t, c, named("n"), small)
			if after, err := os.ReadFile(outside); err != nil || string(after) != string(before) {
				t.Errorf("what the link led to became %q, %v", after, err)
			}
		})
	}
}

func TestPipeIsAMiss(t *testing.T) {
	c := open(t)
	must(t, c.Put(named("n"), []byte(small)))
	_, content := c.files(t, named("n"))
	must(t, os.Remove(content))
	must(t, syscall.Mkfifo(content, 0o600))
	wantMiss(t, c, named("n"))
}

func TestRemovingFollowsNoLinks(t *testing.T) {
	c, other := open(t), open(t)
	must(t, other.Put(named("n"), []byte(small)))
	entry, content := other.files(t, named("n"))
	must(t, os.RemoveAll(string(c.entries)))
	must(t, os.Symlink(string(other.entries), string(c.entries)))
	folder := filepath.Dir(content)
	must(t, os.Symlink(folder, filepath.Join(string(c.contents), filepath.Base(folder))))

	_, err := c.Verify(t.Context())
	must(t, err)
	_, _, err = c.Trim(0)
	must(t, err)
	must(t, c.Clear())
	if !exists(entry) || !exists(content) {
		t.Errorf("the entry behind the links stands: %t, its content: %t", exists(entry), exists(content))
	}
	if !exists(string(c.entries)) {
		t.Error("the link is gone")
	}
}

package cache

import (
	"bytes"
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/digest"
	"pgregory.net/rapid"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB) *Cache {
	t.Helper()
	c, err := Open(filepath.Join(t.TempDir(), "cache"))
	must(t, err)
	return c
}

func named(description string) digest.Digest { return sha256.Sum256([]byte(description)) }

func allocate(size int64) []byte { return make([]byte, size) }

func wantHit(t testing.TB, c *Cache, key digest.Digest, want string) {
	t.Helper()
	if got, ok := c.Get(key, allocate); !ok || string(got) != want {
		t.Fatalf("Get = %q, %t, want %q", got, ok, want)
	}
}

func wantMiss(t testing.TB, c *Cache, key digest.Digest) {
	t.Helper()
	if got, ok := c.Get(key, allocate); ok {
		t.Fatalf("Get = %q, want a miss", got)
	}
}

// files returns the paths of both files of an entry.
func (c *Cache) files(t testing.TB, key digest.Digest) (entryFile, contentFile string) {
	t.Helper()
	e, ok := readEntry(c.entries.path(key), key)
	if !ok {
		t.Fatal("there is no such entry")
	}
	return c.entries.path(key), c.contents.path(e.content)
}

func TestWhatIsPutIsGot(t *testing.T) {
	c := open(t)
	rapid.Check(t, func(t *rapid.T) {
		name := named(rapid.String().Draw(t, "description"))
		parts := rapid.SliceOfN(rapid.SliceOf(rapid.Byte()), 0, 4).Draw(t, "parts")
		if err := c.Put(name, parts...); err != nil {
			t.Fatal(err)
		}
		want := bytes.Join(parts, nil)
		if got, ok := c.Get(name, allocate); !ok || !bytes.Equal(got, want) {
			t.Fatalf("Get = %x, %t, want %x", got, ok, want)
		}
	})
}

func TestContentOfManyPieces(t *testing.T) {
	c := open(t)
	data := bytes.Repeat([]byte("0123456789abcde"), 3*pieceSize/15)
	must(t, c.Put(named("large"), data[:1], data[1:pieceSize+7], data[pieceSize+7:]))
	wantHit(t, c, named("large"), string(data))
}

func TestMissingIsAMiss(t *testing.T) {
	c := open(t)
	must(t, c.Put(named("one"), []byte("1")))
	wantMiss(t, c, named("other"))
	if c.Has(named("other")) || !c.Has(named("one")) {
		t.Errorf("Has = %t, %t, want false, true", c.Has(named("other")), c.Has(named("one")))
	}
}

func TestCallerDeclines(t *testing.T) {
	c := open(t)
	must(t, c.Put(named("four"), []byte("four")))
	for _, length := range []int64{0, 3, 5} {
		if _, ok := c.Get(named("four"), func(int64) []byte { return make([]byte, length) }); ok {
			t.Errorf("Get into %d bytes is a hit", length)
		}
	}
	wantHit(t, c, named("four"), "four")
}

func TestLaterPutReplaces(t *testing.T) {
	c := open(t)
	must(t, c.Put(named("n"), []byte("old")))
	must(t, c.Put(named("n"), []byte("newer")))
	wantHit(t, c, named("n"), "newer")
}

func TestEqualContentsAreHeldOnce(t *testing.T) {
	c := open(t)
	content := bytes.Repeat([]byte("c"), 10_000)
	for _, description := range []string{"a", "b", "b"} {
		must(t, c.Put(named(description), content))
	}
	info, err := c.Info()
	must(t, err)
	if want := (Info{Entries: 2, Bytes: 10_000 + 2*entrySize}); info != want {
		t.Errorf("Info = %+v, want %+v", info, want)
	}
}

func TestOnlyTheUserMayRead(t *testing.T) {
	c := open(t)
	must(t, c.Put(named("n"), []byte("content")))
	entryFile, contentFile := c.files(t, named("n"))
	for _, path := range []string{c.Dir(), filepath.Dir(entryFile), entryFile, filepath.Dir(contentFile), contentFile} {
		info, err := os.Stat(path)
		must(t, err)
		if others := info.Mode().Perm() & 0o077; others != 0 && os.PathSeparator == '/' {
			t.Errorf("%s: others may do %o", path, others)
		}
	}
}

func TestDefaultDir(t *testing.T) {
	t.Setenv("LORAMERGE_CACHE", "somewhere")
	want, err := filepath.Abs("somewhere")
	must(t, err)
	if got, err := DefaultDir(); err != nil || got != want {
		t.Errorf("with LORAMERGE_CACHE, DefaultDir = %s, %v, want %s", got, err, want)
	}
	t.Setenv("LORAMERGE_CACHE", "")
	caches, err := os.UserCacheDir()
	must(t, err)
	if got, err := DefaultDir(); err != nil || got != filepath.Join(caches, "loramerge") {
		t.Errorf("without, DefaultDir = %s, %v, want it in %s", got, err, caches)
	}
	for _, name := range []string{"HOME", "XDG_CACHE_HOME", "LocalAppData", "home"} {
		t.Setenv(name, "")
	}
	if _, err := DefaultDir(); err == nil || !strings.HasPrefix(err.Error(), "the cache has no folder: ") || !strings.HasSuffix(err.Error(), "; set LORAMERGE_CACHE to one") {
		t.Errorf("without a home, DefaultDir = %v", err)
	}
}

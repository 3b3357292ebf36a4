package cache

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

const small = "a small content of two levels"

// damages call check with a file's bytes, damaged in every way of one kind.
type damages map[string]func(whole []byte, check func(damaged []byte))

var everyDamage = damages{
	"a flipped byte": func(whole []byte, check func([]byte)) {
		for at := range whole {
			for _, bits := range []byte{0x01, 0x20, 0xff} { // 0x20 turns a into A
				damaged := bytes.Clone(whole)
				damaged[at] ^= bits
				check(damaged)
			}
		}
	},
	"cut short": func(whole []byte, check func([]byte)) {
		for length := range whole {
			check(whole[:length])
		}
	},
	"a byte more": func(whole []byte, check func([]byte)) {
		check(append(whole[:len(whole):len(whole)], '\n'))
		check(append([]byte{' '}, whole...))
	},
}

// each damages one of an entry's files, and puts it right after each check.
func (all damages) each(t *testing.T, check func(t *testing.T, c *Cache)) {
	for damage, each := range all {
		for level, file := range []string{"entry", "content"} {
			t.Run(file+", "+damage, func(t *testing.T) {
				c := open(t)
				must(t, c.Put(named("n"), []byte(small)))
				entryFile, contentFile := c.files(t, named("n"))
				path := []string{entryFile, contentFile}[level]
				whole, err := os.ReadFile(path)
				must(t, err)
				each(whole, func(damaged []byte) {
					must(t, os.WriteFile(path, damaged, 0o600))
					check(t, c)
				})
				must(t, os.WriteFile(path, whole, 0o600))
				wantHit(t, c, named("n"), small)
			})
		}
	}
}

func TestDamageIsAMiss(t *testing.T) {
	everyDamage.each(t, func(t *testing.T, c *Cache) { wantMiss(t, c, named("n")) })
}

func TestPutReplacesDamage(t *testing.T) {
	everyDamage.each(t, func(t *testing.T, c *Cache) {
		must(t, c.Put(named("n"), []byte(small)))
		wantHit(t, c, named("n"), small)
	})
}

func TestVerifyRemovesDamage(t *testing.T) {
	everyDamage.each(t, func(t *testing.T, c *Cache) {
		bad, err := c.Verify(t.Context())
		must(t, err)
		if len(bad) == 0 || c.Has(named("n")) {
			t.Fatalf("Verify = %q, and the entry stands: %t", bad, c.Has(named("n")))
		}
		must(t, c.Put(named("n"), []byte(small)))
	})
}

// Whoever copies a file to another's place gives no other result either.
func TestMovedFilesAreMisses(t *testing.T) {
	for level, file := range []string{"entry", "content"} {
		t.Run(file, func(t *testing.T) {
			c := open(t)
			must(t, c.Put(named("n"), []byte("mine")))
			must(t, c.Put(named("other"), []byte("your")))
			entry, content := c.files(t, named("n"))
			otherEntry, otherContent := c.files(t, named("other"))
			from, to := []string{otherEntry, otherContent}[level], []string{entry, content}[level]
			must(t, os.Rename(from, to))
			wantMiss(t, c, named("n"))
		})
	}
}

func TestMissingFilesAreMisses(t *testing.T) {
	for level, file := range []string{"entry", "content"} {
		t.Run(file, func(t *testing.T) {
			c := open(t)
			must(t, c.Put(named("n"), []byte(small)))
			entry, content := c.files(t, named("n"))
			must(t, os.Remove([]string{entry, content}[level]))
			wantMiss(t, c, named("n"))
			if c.Has(named("n")) {
				t.Error("Has = true")
			}
		})
	}
}

func TestFolderInTheWayIsAMiss(t *testing.T) {
	c := open(t)
	must(t, c.Put(named("n"), []byte(small)))
	for _, path := range []func() string{
		func() string { _, content := c.files(t, named("n")); return content },
		func() string { return c.entries.path(named("n")) },
	} {
		path := path()
		must(t, os.Remove(path))
		must(t, os.MkdirAll(filepath.Join(path, "folder"), 0o700))
		wantMiss(t, c, named("n"))
		if c.Has(named("n")) {
			t.Error("Has = true")
		}
		must(t, os.RemoveAll(path))
		must(t, c.Put(named("n"), []byte(small)))
	}
}

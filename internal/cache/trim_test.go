package cache

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// putUsed puts a content of that many bytes which was last used some time ago.
func (c *Cache) putUsed(t testing.TB, description string, bytes int, ago time.Duration) {
	t.Helper()
	must(t, c.Put(named(description), make([]byte, bytes-len(description)), []byte(description)))
	_, content := c.files(t, named(description))
	then := c.clock.latest().Add(-ago)
	must(t, os.Chtimes(content, then, then))
}

// present returns which of a, b, c, … there are.
func (c *Cache) present() (present string) {
	for letter := 'a'; letter <= 'z'; letter++ {
		if c.Has(named(string(letter))) {
			present += string(letter)
		}
	}
	return present
}

func TestTrimOrder(t *testing.T) {
	entry := 1000 + entrySize
	for _, test := range []struct {
		limit   int64
		present string
	}{
		{4 * entry, "abcd"},
		{4*entry - 1, "acd"}, // b was used longest ago
		{3 * entry, "acd"},
		{2 * entry, "ac"},
		{entry, "c"},
		{entry - 1, ""},
		{0, ""},
	} {
		t.Run(fmt.Sprint(test.limit), func(t *testing.T) {
			c := open(t)
			for description, days := range map[string]int{"a": 2, "b": 4, "c": 1, "d": 3} {
				c.putUsed(t, description, 1000, time.Duration(days)*24*time.Hour)
			}
			removed, freed, err := c.Trim(test.limit)
			must(t, err)
			if got := c.present(); got != test.present {
				t.Errorf("there are %s, want %s", got, test.present)
			}
			if gone := 4 - len(test.present); removed != gone || freed != int64(gone)*entry {
				t.Errorf("Trim = %d entries, %d bytes, want %d, %d", removed, freed, gone, int64(gone)*entry)
			}
		})
	}
}

func TestTrimKeepsTheLimit(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c := open(t)
		for i, size := range rapid.SliceOfN(rapid.IntRange(10, 5000), 0, 8).Draw(r, "sizes") {
			c.putUsed(t, fmt.Sprint(i), size, time.Duration(i)*time.Minute)
		}
		before, err := c.Info()
		must(t, err)
		limit := rapid.Int64Range(0, 20_000).Draw(r, "limit")
		removed, freed, err := c.Trim(limit)
		must(t, err)
		after, err := c.Info()
		must(t, err)
		if after.Bytes > limit || after.Bytes != before.Bytes-freed || after.Entries != before.Entries-removed {
			r.Fatalf("limit %d: %+v became %+v by removing %d entries, %d bytes", limit, before, after, removed, freed)
		}
	})
}

func TestUseIsRenewedByTheHour(t *testing.T) {
	for _, test := range []struct {
		ago     time.Duration
		renewed bool
	}{{59 * time.Minute, false}, {61 * time.Minute, true}, {1000 * time.Hour, true}} {
		for use, call := range map[string]func(c *Cache){
			"Get": func(c *Cache) { wantHit(t, c, named("n"), "content") },
			"Put": func(c *Cache) { must(t, c.Put(named("another"), []byte("content"))) },
		} {
			t.Run(fmt.Sprint(use, " after ", test.ago), func(t *testing.T) {
				c := open(t)
				must(t, c.Put(named("n"), []byte("content")))
				_, content := c.files(t, named("n"))
				then := c.clock.latest().Add(-test.ago)
				must(t, os.Chtimes(content, then, then))
				call(c)
				info, err := os.Stat(content)
				must(t, err)
				if renewed := !info.ModTime().Equal(then); renewed != test.renewed {
					t.Errorf("renewed: %t, want %t", renewed, test.renewed)
				}
			})
		}
	}
}

func TestWhatIsUsedStays(t *testing.T) {
	c := open(t)
	c.putUsed(t, "a", 1000, 30*time.Hour)
	c.putUsed(t, "b", 1000, 20*time.Hour)
	if _, ok := c.Get(named("a"), allocate); !ok {
		t.Fatal("Get misses")
	}
	_, _, err := c.Trim(1000 + entrySize)
	must(t, err)
	if got := c.present(); got != "a" {
		t.Errorf("there is %q, want a", got)
	}
}

// An entry that is larger than the limit would otherwise be the last to go, and
// take all the others with it.
func TestTooLargeIsNotKept(t *testing.T) {
	c := open(t)
	c.putUsed(t, "a", 1000, 9*time.Hour)
	c.putUsed(t, "b", 5000, 0)
	_, _, err := c.Trim(4000)
	must(t, err)
	if got := c.present(); got != "a" {
		t.Errorf("there is %q, want a", got)
	}
}

func TestTrimRemovesStrays(t *testing.T) {
	c := open(t)
	c.putUsed(t, "a", 1000, 0)
	c.putUsed(t, "b", 1000, 0)
	_, content := c.files(t, named("b"))
	must(t, os.Remove(content))
	_, freed, err := c.Trim(1000 + entrySize)
	must(t, err)
	if got := c.present(); got != "a" || freed != entrySize {
		t.Errorf("there is %q, and %d bytes are freed; want a, %d", got, freed, entrySize)
	}
}

func TestTrimRemovesWhatAKilledProcessLeft(t *testing.T) {
	c := open(t)
	must(t, c.Put(named("n"), []byte(small)))
	_, content := c.files(t, named("n"))
	var paths []string
	for name, ago := range map[string]time.Duration{"new-1": 61 * time.Minute, "new-2": 59 * time.Minute} {
		path := filepath.Join(filepath.Dir(content), name)
		must(t, os.WriteFile(path, []byte("half"), 0o600))
		then := c.clock.latest().Add(-ago)
		must(t, os.Chtimes(path, then, then))
		paths = append(paths, path)
	}
	slices.Sort(paths)
	_, freed, err := c.Trim(1 << 20)
	must(t, err)
	if exists(paths[0]) || !exists(paths[1]) || freed != 4 {
		t.Errorf("the old one stands: %t, the young one: %t, freed %d bytes", exists(paths[0]), exists(paths[1]), freed)
	}
	wantHit(t, c, named("n"), small)
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

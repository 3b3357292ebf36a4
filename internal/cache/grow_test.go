package cache

import (
	"testing"
	"time"
)

// TestKeepWithin: the files are listed at first, and again when what was written since may be too much.
func TestKeepWithin(t *testing.T) {
	const limit = 3200
	c := open(t)
	put := func(description string, bytes int) {
		t.Helper()
		must(t, c.Put(named(description), make([]byte, bytes-len(description)), []byte(description)))
	}
	within := func(want string) {
		t.Helper()
		must(t, c.KeepWithin(limit))
		if got := c.present(); got != want {
			t.Errorf("there are %s, want %s", got, want)
		}
	}
	c.putUsed(t, "a", 1000, 0)
	other, err := Open(c.dir)
	must(t, err)
	must(t, other.KeepWithin(0))
	within("a") // the other has written nothing
	put("b", 1000)
	within("ab")
	must(t, other.Put(named("c"), make([]byte, 2000)))
	within("abc") // nothing was written here since
	put("d", int(limit/32))
	within("abcd")
	c.putUsed(t, "e", 1000, -time.Hour)
	must(t, c.KeepWithin(limit))
	info, err := c.Info()
	must(t, err)
	if info.Bytes > limit || !c.Has(named("e")) {
		t.Errorf("%d bytes of %s, want at most %d", info.Bytes, c.present(), limit)
	}
}

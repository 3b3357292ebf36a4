package printable

import "testing"

func TestCount(t *testing.T) {
	for _, c := range []struct {
		n          int
		one, count string
	}{{0, "module", "0 modules"}, {1, "module", "1 module"}, {2, "module", "2 modules"}, {1, "entry", "1 entry"}, {2, "bad entry", "2 bad entries"}} {
		if got := Count(c.n, c.one); got != c.count {
			t.Errorf("%q, want %q", got, c.count)
		}
	}
	if Choose(1, "has", "have") != "has" || Choose(int64(0), "has", "have") != "have" {
		t.Error("another word")
	}
}

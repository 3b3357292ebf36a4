package cache

import (
	"math"
	"regexp"
	"strconv"
	"testing"

	"github.com/loramerge/loramerge/internal/digest"
)

// The format of version 1, independent of how it is parsed.
var entryPattern = regexp.MustCompile(`^loramerge 1 ([0-9a-f]{64}) ([0-9a-f]{64}) ([0-9]{20})\n$`)

func FuzzParseEntry(f *testing.F) {
	for _, size := range []int64{0, 1, math.MaxInt64} {
		f.Add(entry{key: named("n"), content: hash(named("c")), size: size}.text())
	}
	for _, text := range []string{"", "\n", "loramerge 1", "loramerge 1 ab cd 1\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, ok := parseEntry(text)
		fields := entryPattern.FindStringSubmatch(text)
		if fields == nil {
			if ok {
				t.Fatalf("%q is taken for %+v", text, e)
			}
			return
		}
		size, err := strconv.ParseInt(fields[3], 10, 64)
		if ok != (err == nil) {
			t.Fatalf("%q: taken: %t, but its size: %v", text, ok, err)
		}
		if name, known := parseSum(fields[1]); ok && (!known || e.key != digest.Digest(name) || e.size != size) {
			t.Fatalf("%q is taken for %+v", text, e)
		}
	})
}

package lockfile

import (
	"reflect"
	"runtime"
	"strings"
	"testing"
)

// FuzzParse: a lock, whatever it holds, is refused or comes back the same when it
// is written anew, in memory that its size bounds.
func FuzzParse(f *testing.F) {
	f.Add([]byte("lock: 1\nplan: a\ninputs: {}\noutputs: {}\nscores:\n  documents: a\n  stages:\n    s:\n      base:\n        t: {value: 1, se: .1, documents: 3, digest: 'sha256:" + strings.Repeat("0", 64) + "', about: {a: \"b\\nc\"}}\n      experts: {t: {t: {value: 1e9, digest: x}}}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var lock *Lock
		var err error
		// A node of YAML takes some hundred bytes, and may stand for two bytes of text.
		boundMemory(t, 1<<20+2000*len(data), func() { lock, err = parse("lock", data) })
		if err != nil {
			if m := notLock("lock", data, err); m.Line < 1 || m.Column < 1 || m.Remedy == "" {
				t.Fatalf("no place or no remedy: %#v", m)
			}
			return
		}
		if at := lock.Place("outputs", "out", "weights"); at.Line < 1 || at.Column < 1 {
			t.Fatalf("no place: %v", at)
		}
		text, err := lock.encode()
		if err != nil {
			t.Fatalf("%+v can't be written: %v", lock, err)
		}
		again, err := parse("lock", text)
		if err != nil || len(lock.Changes(again)) > 0 || !sameOutputs(lock, again) {
			t.Fatalf("%+v\nis written as\n%s\nwhich is read as\n%+v, %v", lock, text, again, err)
		}
		if twice, err := again.encode(); err != nil || string(twice) != string(text) {
			t.Fatalf("%s\nis written anew as\n%s, %v", text, twice, err)
		}
	})
}

func sameOutputs(x, y *Lock) bool {
	return len(x.Outputs) == 0 && len(y.Outputs) == 0 || reflect.DeepEqual(x.Outputs, y.Outputs)
}

// boundMemory fails where do allocates more than a number of bytes.
func boundMemory(t *testing.T, most int, do func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > uint64(most) {
		t.Errorf("%d bytes were allocated, more than %d", got, most)
	}
}

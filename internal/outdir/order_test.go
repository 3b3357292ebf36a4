package outdir

import (
	"path/filepath"
	"slices"
	"testing"
)

// What survives a power cut is what was synced: the content before it gets its name, the name before the
// old content goes.
func TestOrderOfSyncs(t *testing.T) {
	for name, sys := range systems {
		parent := t.TempDir()
		target := filepath.Join(parent, "made", "out")
		var trace []string
		d, err := newTree.stage(sys.before(func(call, path string) error {
			trace = append(trace, call+" "+filepath.Base(path))
			return nil
		}), target)
		must(t, err)
		oldTree.put(t, target) // by another run, after this one made the parent
		must(t, d.Commit())
		placed := map[string]string{"exchange": "Exchange new", "two steps": "Rename new"}[name]
		chain := [][]string{
			{"SyncFile weights", "SyncFile config", "SyncFolder new"},
			{placed},
			{"SyncFolder made", "SyncFolder " + filepath.Base(parent)},
			{"RemoveAll new", "Remove lock"},
		}
		for i, earlier := range chain[:len(chain)-1] {
			for _, first := range earlier {
				for _, then := range chain[i+1] {
					wantBefore(t, trace, first, then)
				}
			}
		}
	}
}

func wantBefore(t *testing.T, trace []string, first, then string) {
	t.Helper()
	a, b := slices.Index(trace, first), slices.Index(trace, then)
	if a < 0 || b < 0 || a > b {
		t.Errorf("%s is call %d and %s call %d of %q", first, a, then, b, trace)
	}
}

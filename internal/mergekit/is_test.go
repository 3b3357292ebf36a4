package mergekit

import "testing"

func TestIs(t *testing.T) {
	for text, want := range map[string]bool{
		"models: []\nmerge_method: ties\n":          true,
		"merge_method : slerp\nslices: []\n":        true,
		"# merge_method: ties\nversion: 1\n":        false,
		"version: 1\nmerge_method: x\nstages: {}\n": false,
		"version: 1\nstages:\n  a: {load: a}\n":     false,
		"version: 1\nvars:\n  merge_method: ties\n": false,
	} {
		if got := Is([]byte(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

package peft

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
)

// FuzzExperts opens a pair that may be a parameter's, writes what was read, and reads it back.
func FuzzExperts(f *testing.F) {
	f.Add(2, 6, 5, 4, "l.0.experts", "experts.down_proj", "0.19.1")
	f.Add(2, 6, 4, 4, "l.0.experts", "down_proj", "0.18.1")
	f.Add(1, 1, 3, 3, "l.0.mlp.gate", "gate.weight", "")
	f.Add(3, 6, 1, 1, "l.0.experts.base_layer", ".gate_up_proj", "0.19.0.dev0")
	f.Add(6, 6, 2, 2, "base_layer", "", "x")
	f.Fuzz(func(t *testing.T, r, rows, in, out int, key, target, release string) {
		if key == "" || strings.ContainsFunc(key+target, func(c rune) bool { return c <= ' ' || c > '~' }) {
			t.Skip() // no name that a file could have
		}
		for _, n := range []int{rows, in, out} {
			if n < 1 || n > 64 {
				t.Skip()
			}
		}
		text := func(x any) string { data, _ := json.Marshal(x); return string(data) }
		config := configWith("r", text(r), "target_modules", "[]", "target_parameters", text([]string{target}), "peft_version", text(release))
		a, err := open(folder(t, config, pairOf(key, rows, in, out)...), adapter.Options{})
		if err != nil {
			return
		}
		defer a.Close()
		if got, want := deltasOf(t, saved(t, a)), deltasOf(t, a); !maps.EqualFunc(got, want, slices.Equal) {
			t.Fatalf("ΔW %v, want %v", got, want)
		}
	})
}

package recipe

import (
	"strings"
	"testing"
)

// Two files of one meaning give one text, which is a recipe of that meaning itself. The
// order of what a stage loads is a part of it: slerp goes from the first to the second.
func TestCanonical(t *testing.T) {
	const want = `version: 1
name: "demo"
seed: 7
stages:
  a: {load: "x y"}
  b: {load: {q: "y", p: "x"}}
  c: {average: [a, b.p], weights: {default: 0.5, modules: {"*.q": {p: 1}, r: {layers: [0, 2]}}}}
  d: {trim: c, density: 0.25, scope: "adapter"}
`
	source := `{name: demo, stages: {d: {scope: adapter, density: 25e-2, trim: [c]},
  c: {weights: {modules: {"*.q": {p: 1.0}, r: {layers: [0.0, 2]}}, default: .5}, average: [a, b.p]}, # a comment
  b: {load: {q: y, p: x}}, a: {load: x y}}, seed: 7, version: 1}`
	for _, text := range []string{source, want} {
		if got := string(mustParse(t, text).Canonical()); got != want {
			t.Errorf("got %s", got)
		}
	}
}

// TestUnpinned: all that was written, but the hashes that files must have.
func TestUnpinned(t *testing.T) {
	hash := strings.Repeat("0", 64)
	for written, want := range map[string]string{
		"{load: x}": "", "{load: x, sha256: " + hash + "}": "", "{load: {p: x}, sha256: {p: " + hash + "}}": "", "{trim: b, scope: adapter, density: 0.25}": `density: 0.25, scope: "adapter"`,
	} {
		stage, _ := mustParse(t, "{version: 1, stages: {a: "+written+", b: {load: y}}}").Lookup("a")
		if got := stage.Params.Unpinned(); got != want {
			t.Errorf("%s: %q, want %q", written, got, want)
		}
	}
}

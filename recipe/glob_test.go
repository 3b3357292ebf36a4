package recipe

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestGlob(t *testing.T) {
	const module = "model.layers.0.self_attn.q_proj"
	for pattern, want := range map[string]bool{
		module: true, "q_proj": true, "*": true, "*.q_proj": true, "layers.0.*": true, "layers.?.*": true,
		"model*proj": true, "?_proj": true, "self_attn.q_proj": true, "*q*": true, "model.*.q_proj": true,
		"proj": false, "layers.0": false, "ayers.0.*": false, "layers.1.*": false, "Q_PROJ": false,
		"": false, "?": false, "q_proj?": false, "layers.[0].*": false, "model.layers.0.self_attn.q_proj.": false,
	} {
		if got := (Glob{Pattern: pattern}).Match(module); got != want {
			t.Errorf("%q: got %v", pattern, got)
		}
	}
	if !(Glob{Pattern: "h.?"}).Match("h.é") || (Glob{Pattern: "h.??"}).Match("h.é") {
		t.Error("? does not stand for one character")
	}
}

// A part of a layer is found by the layer's name.
func TestGlobOfPart(t *testing.T) {
	for pattern, want := range map[string]bool{"conv": true, "*.conv": true, "conv[0/2]": true, "conv[1/2]": false, "con": false, "conv[*": true} {
		if got := (Glob{Pattern: pattern}).Match("layers.0.conv[0/2]"); got != want {
			t.Errorf("%q: got %v", pattern, got)
		}
	}
	if (Glob{Pattern: "conv"}).Match("conv[0]") {
		t.Error("another name's beginning is found")
	}
}

// regular is the glob as a regular expression, by the words of Glob's own comment.
func regular(pattern string) *regexp.Regexp {
	quoted := regexp.QuoteMeta(pattern)
	quoted = strings.ReplaceAll(quoted, `\*`, ".*")
	quoted = strings.ReplaceAll(quoted, `\?`, ".")
	return regexp.MustCompile(`^(?:.*\.)?` + quoted + `$`)
}

func TestGlobIsItsRegularExpression(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringMatching(`[ab.é*?]{0,8}`).Draw(t, "pattern")
		module := rapid.StringMatching(`[ab.é]{0,12}`).Draw(t, "module")
		if got, want := (Glob{Pattern: pattern}).Match(module), regular(pattern).MatchString(module); got != want {
			t.Errorf("%q on %q: got %v", pattern, module, got)
		}
	})
}

// A matcher that tried every way to spread the stars would not end within a lifetime.
func TestGlobOfManyStars(t *testing.T) {
	pattern := Glob{Pattern: strings.Repeat("*a", 200) + "b"}
	if pattern.Match(strings.Repeat("a", 2000)) {
		t.Error("matched a name without b")
	}
}

package printable

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  string
	}{
		{"", 10, ""},
		{"one two three", 7, "one two\nthree"},
		{"one  two\nthree", 80, "one two three"},
		{"a beginning", 4, "a\nbeginning"},
		{"give them `weights: 1`; see", 20, "give them\n`weights: 1`; see"},
		{"give them `weights: {default: 1}`", 20, "give them `weights:\n{default: 1}`"},
		{"an odd ` and more words", 10, "an odd `\nand more\nwords"},
		{"‖ΔW‖ ‖ΔW‖", 9, "‖ΔW‖ ‖ΔW‖"},
	} {
		if got := Wrap(c.text, c.width); got != c.want {
			t.Errorf("%q in %d is %q, want %q", c.text, c.width, got, c.want)
		}
	}
}

// TestWrapKeeps: no word is lost or broken, and only a word that is too long by itself exceeds the
// width; a line ends only where the next word does not fit.
func TestWrapKeeps(t *testing.T) {
	words := rapid.SliceOf(rapid.StringMatching(`[a-zΔ‖]{1,12}`))
	rapid.Check(t, func(t *rapid.T) {
		all, width := words.Draw(t, "words"), rapid.IntRange(1, 30).Draw(t, "width")
		got := Wrap(strings.Join(all, " "), width)
		if strings.Join(strings.Fields(got), " ") != strings.Join(all, " ") {
			t.Fatalf("%q became %q", all, got)
		}
		lines := strings.Split(got, "\n")
		for i, line := range lines {
			length := utf8.RuneCountInString(line)
			if length > width && strings.Contains(line, " ") {
				t.Fatalf("%q is over %d", line, width)
			}
			if i > 0 {
				first, _, _ := strings.Cut(line, " ")
				if utf8.RuneCountInString(lines[i-1]+" "+first) <= width {
					t.Fatalf("%q has room for %q", lines[i-1], first)
				}
			}
		}
	})
}

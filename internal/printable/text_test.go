package printable

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestText(t *testing.T) {
	for text, want := range map[string]string{
		"plain, π\tand \\n":        "plain, π\tand \\n",
		"two\nlines\r\n":           "two\nlines\ufffd\n",
		"\x1b[31mred\x07\x00\x7f":  "\ufffd[31mred\ufffd\ufffd\ufffd",
		"C1 \u009b31m, raw \x9b1m": "C1 \ufffd31m, raw \ufffd1m",
		"\u202etxt\u2066.exe":      "\ufffdtxt\ufffd.exe",
	} {
		if got := Text(text); got != want {
			t.Errorf("%q became %q, not %q", text, got, want)
		}
		if got, want := Line(text), strings.ReplaceAll(want, "\n", " "); got != want {
			t.Errorf("on one line %q became %q, not %q", text, got, want)
		}
	}
}

// Of whatever text, no character is left that steers.
func TestNothingSteers(t *testing.T) {
	hostile := rapid.StringOf(rapid.RuneFrom([]rune("\x00\a\b\t\n\r\x1b\x7f\u0085\u009b\u061c\u200e\u202a\u202e\u2066\u2069[2J\"\\π")))
	rapid.Check(t, func(t *rapid.T) {
		text := hostile.Draw(t, "text")
		if out := Line(text); strings.ContainsFunc(out, func(r rune) bool { return r != '\t' && Steers(r) }) || utf8.RuneCountInString(out) != utf8.RuneCountInString(text) {
			t.Fatalf("%q became %q", text, out)
		}
	})
}

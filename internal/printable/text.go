package printable

import (
	"strings"
	"unicode"
)

// Steers reports whether a character could steer a terminal or turn the order of a
// line around, so that it shows what is not there.
func Steers(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }

// Line is the text on one line, with U+FFFD for every character that steers, but tabs.
func Line(text string) string { return Text(strings.ReplaceAll(text, "\n", " ")) }

// Text is Line that keeps the lines apart.
func Text(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\t' && r != '\n' && Steers(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

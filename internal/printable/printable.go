// Package printable makes text from files harmless to look at, on a terminal, in an editor or in
// a browser, and writes counts as people do.
package printable

import (
	"strconv"
	"strings"
	"unicode"
)

// Steers reports whether a character could steer a terminal or turn the order of a
// line around, so that it shows what is not there.
func Steers(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }

// Line is the text on one line, with U+FFFD for every character that steers, but tabs.
func Line(text string) string { return Text(strings.ReplaceAll(text, "\n", " ")) }

// Text is Line without joining lines.
func Text(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\t' && r != '\n' && Steers(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// Count is a number of things: 1 module, 2 modules, 2 entries.
func Count[N int | int64](n N, one string) string {
	if n != 1 {
		if last := len(one) - 1; one[last] == 'y' {
			one = one[:last] + "ie"
		}
		one += "s"
	}
	return strconv.FormatInt(int64(n), 10) + " " + one
}

// Choose is the word that goes with so many of them: 1 has, 2 have.
func Choose[N int | int64](n N, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

package printable

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Wrap breaks a text at its spaces into lines of at most so many characters. Code in backticks is
// not broken, for whoever copies it, unless it is longer than a line; a longer word has a line of its own.
func Wrap(text string, width int) string {
	var b strings.Builder
	at := 0
	for _, word := range words(text, width) {
		length := utf8.RuneCountInString(word)
		switch {
		case at == 0:
		case at+1+length > width:
			b.WriteByte('\n')
			at = 0
		default:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += length
	}
	return b.String()
}

// words are what may be on a line of its own.
func words(text string, width int) []string {
	var all []string
	code := "" // that has begun
	for word := range strings.FieldsSeq(text) {
		if code != "" {
			word = code + " " + word
			code = ""
		}
		if strings.Count(word, "`")%2 == 1 {
			code = word
			continue
		}
		all = append(all, word)
	}
	if code != "" {
		all = append(all, code)
	}
	for i := 0; i < len(all); i++ {
		if utf8.RuneCountInString(all[i]) > width {
			parts := strings.Split(all[i], " ")
			all = slices.Replace(all, i, i+1, parts...)
			i += len(parts) - 1
		}
	}
	return all
}

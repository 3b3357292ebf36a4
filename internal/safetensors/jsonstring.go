package safetensors

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// string reads a string. Without escapes it shares the header's memory.
func (s *scanner) string() (string, error) {
	if err := s.expect('"', "a string"); err != nil {
		return "", err
	}
	start := s.pos
	s.skipPlain()
	if s.pos < len(s.text) && s.text[s.pos] == '"' {
		s.pos++
		return s.text[start : s.pos-1], nil
	}
	return s.escaped(start)
}

// skipPlain goes to the next byte of a string that is not plain.
func (s *scanner) skipPlain() {
	pos := s.pos // a local copy stays in a register
	for pos < len(s.text) && s.text[pos] != '"' && s.text[pos] != '\\' && s.text[pos] >= ' ' {
		pos++
	}
	s.pos = pos
}

// escaped reads the rest of a string that began at start and has come to what
// is no plain character.
func (s *scanner) escaped(start int) (string, error) {
	var b strings.Builder
	b.Grow(s.rawLength(start))
	for {
		b.WriteString(s.text[start:s.pos])
		if s.pos == len(s.text) {
			return "", s.fail("the header ends within a string")
		}
		s.pos++
		switch s.text[s.pos-1] {
		case '"':
			return b.String(), nil
		case '\\':
			r, err := s.escape()
			if err != nil {
				return "", err
			}
			b.WriteRune(r)
		default:
			return "", s.failAt(s.pos-1, "a string has the control character %q, unescaped", s.text[s.pos-1])
		}
		start = s.pos
		s.skipPlain()
	}
}

// rawLength is how long the string that began at start is as it is written,
// which bounds its decoded length.
func (s *scanner) rawLength(start int) int {
	end := s.pos
	for end < len(s.text) && s.text[end] != '"' {
		if s.text[end] == '\\' {
			end++
		}
		end++
	}
	return min(end, len(s.text)) - start
}

var shortEscapes = map[byte]rune{
	'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
}

// escape reads what follows a backslash.
func (s *scanner) escape() (rune, error) {
	if s.pos == len(s.text) {
		return 0, s.fail("the header ends within a string")
	}
	c := s.text[s.pos]
	if r, ok := shortEscapes[c]; ok {
		s.pos++
		return r, nil
	}
	if c != 'u' {
		return 0, s.fail("a string has an unknown escape, a backslash before %s", s.next())
	}
	return s.codePoint()
}

// codePoint reads uXXXX, or uXXXX\uXXXX if it is a surrogate pair.
func (s *scanner) codePoint() (rune, error) {
	start := s.pos - 1
	first, ok := s.codeUnit()
	if ok && !utf16.IsSurrogate(first) {
		return first, nil
	}
	if ok && s.pos < len(s.text) && s.text[s.pos] == '\\' {
		s.pos++
		second, paired := s.codeUnit()
		if r := utf16.DecodeRune(first, second); paired && r != utf8.RuneError {
			return r, nil
		}
	}
	return 0, s.failAt(start, "a string has an escape that is no character")
}

// codeUnit reads uXXXX: exactly four hexadecimal digits, of either case.
func (s *scanner) codeUnit() (rune, bool) {
	const size = len("uXXXX")
	if len(s.text)-s.pos < size || s.text[s.pos] != 'u' {
		return 0, false
	}
	unit, err := strconv.ParseUint(s.text[s.pos+1:s.pos+size], 16, 16)
	s.pos += size
	return rune(unit), err == nil
}

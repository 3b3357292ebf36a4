package safetensors

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/loramerge/loramerge/internal/fault"
)

// scanner reads the JSON of a header: objects, arrays, strings and
// non-negative integers, no more. It is not encoding/json because that builds
// values before they can be judged, and lets duplicate keys pass. The caller's
// grammar bounds the depth, so there is no recursion to bound here.
type scanner struct {
	at   fault.Position // the file, and the tensor being read
	text string         // the header; the strings returned share its memory
	pos  int
}

// fail is an error at the place that has been reached.
func (s *scanner) fail(format string, args ...any) error {
	return s.failAt(s.pos, format, args...)
}

// failAt is an error at a place in the header.
func (s *scanner) failAt(pos int, format string, args ...any) error {
	return fault.At(s.at.AtByte(int64(lengthSize+pos)), format, args...).Mend(remedySaveAgain)
}

func (s *scanner) skipSpace() {
	for s.pos < len(s.text) {
		switch s.text[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// accept skips white space, and c if it comes next.
func (s *scanner) accept(c byte) bool {
	s.skipSpace()
	if s.pos < len(s.text) && s.text[s.pos] == c {
		s.pos++
		return true
	}
	return false
}

func (s *scanner) expect(c byte, role string) error {
	if s.accept(c) {
		return nil
	}
	return s.fail("the header has %s where %q, %s, is expected", s.next(), c, role)
}

// next describes what comes next, for errors.
func (s *scanner) next() string {
	if s.pos >= len(s.text) {
		return "its end"
	}
	r, _ := utf8.DecodeRuneInString(s.text[s.pos:])
	return fmt.Sprintf("%q", r)
}

// object reads an object; member is called after each key, to read its value.
func (s *scanner) object(role string, member func(key string) error) error {
	if err := s.expect('{', role); err != nil {
		return err
	}
	if s.accept('}') {
		return nil
	}
	for {
		key, err := s.string()
		if err != nil {
			return err
		}
		if err := s.expect(':', "a key's value"); err != nil {
			return err
		}
		if err := member(key); err != nil {
			return err
		}
		if s.accept('}') {
			return nil
		}
		if err := s.expect(',', "another member"); err != nil {
			return err
		}
	}
}

// integers reads an array of non-negative integers; element is called for each.
func (s *scanner) integers(role string, element func(n int64) error) error {
	if err := s.expect('[', role); err != nil {
		return err
	}
	if s.accept(']') {
		return nil
	}
	for {
		n, err := s.integer()
		if err != nil {
			return err
		}
		if err := element(n); err != nil {
			return err
		}
		if s.accept(']') {
			return nil
		}
		if err := s.expect(',', "another number"); err != nil {
			return err
		}
	}
}

func (s *scanner) integer() (int64, error) {
	s.skipSpace()
	start := s.pos
	n := int64(0)
	for ; s.pos < len(s.text) && isDigit(s.text[s.pos]); s.pos++ {
		digit := int64(s.text[s.pos] - '0')
		if n > (math.MaxInt64-digit)/10 {
			return 0, s.failAt(start, "a number is too large")
		}
		n = 10*n + digit
	}
	switch {
	case s.pos == start && strings.HasPrefix(s.text[s.pos:], "-"):
		return 0, s.fail("a number is negative")
	case s.pos == start:
		return 0, s.fail("the header has %s where a number is expected", s.next())
	case s.text[start] == '0' && s.pos > start+1:
		return 0, s.failAt(start, "a number starts with 0")
	case s.pos < len(s.text) && strings.IndexByte(".eE", s.text[s.pos]) >= 0:
		return 0, s.failAt(start, "a number is written with a fraction or an exponent")
	}
	return n, nil
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

package peft

import (
	"iter"
	"strings"
)

// keyIndex finds which plain keys of a pattern match a name without trying each: a
// large model has tens of thousands of both. Keys of one shape, which is their length
// and where their dots are, are found by one look-up, with dots put into the name
// at those places.
type keyIndex map[string]map[string]int

// plainKey reports whether a key's only special character is the dot.
func plainKey(key string) bool {
	return !strings.ContainsFunc(key, func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("._-", c))
	})
}

// add enters a plain key under a number, unless it has one.
func (x keyIndex) add(key string, number int) {
	shape := strings.Map(func(c rune) rune {
		if c == '.' {
			return '.'
		}
		return ' '
	}, key)
	if x[shape] == nil {
		x[shape] = make(map[string]int)
	}
	if _, known := x[shape][key]; !known {
		x[shape][key] = number
	}
}

// matching gives the numbers of the keys that match, in no order, as PEFT matches them: a
// key's dots match any character, and it begins the name or follows a dot.
func (x keyIndex) matching(name string) iter.Seq[int] {
	return func(yield func(int) bool) {
		for shape, keys := range x {
			start := len(name) - len(shape)
			if start < 0 || start > 0 && name[start-1] != '.' {
				continue
			}
			if number, ok := keys[dotted(name[start:], shape)]; ok && !yield(number) {
				return
			}
		}
	}
}

// dotted is the text with dots where the shape has them.
func dotted(text, shape string) string {
	out := []byte(text)
	for i := range shape {
		if shape[i] == '.' {
			out[i] = '.'
		}
	}
	return string(out)
}

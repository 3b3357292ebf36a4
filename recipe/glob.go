package recipe

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// Glob is a pattern of module names: `*` matches any run of characters, dots
// included, `?` one; all else matches itself. It must match at the start of the
// name or after a dot, to its end, so that "layers.0.*" finds
// "model.layers.0.self_attn.q_proj".
type Glob struct {
	Position
	Pattern string
}

// part is what follows a layer's name where a part of it is a module of its own, as the
// groups of a convolution are: conv[0/2].
var part = regexp.MustCompile(`\[\d+/\d+\]$`)

// Match reports whether the glob matches a module's name, or that of the layer which the
// module is a part of.
func (g Glob) Match(module string) bool {
	if g.match(module) {
		return true
	}
	if !strings.HasSuffix(module, "]") {
		return false
	}
	layer := part.ReplaceAllString(module, "")
	return layer != module && g.match(layer)
}

func (g Glob) match(module string) bool {
	for start := 0; ; {
		if wild(g.Pattern, module[start:]) {
			return true
		}
		dot := strings.IndexByte(module[start:], '.')
		if dot < 0 {
			return false
		}
		start += dot + 1
	}
}

// wild matches with one point to go back to, the last star, so that its time is
// at most the product of the lengths.
func wild(pattern, text string) bool {
	p, t, star, mark := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case p < len(pattern) && pattern[p] == '?':
			_, size := utf8.DecodeRuneInString(text[t:])
			p, t = p+1, t+size
		case p < len(pattern) && pattern[p] == text[t]:
			p, t = p+1, t+1
		case star >= 0:
			mark++
			p, t = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

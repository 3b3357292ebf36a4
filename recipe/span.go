package recipe

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// text is a recipe's source as nodes are found in it. yaml says where a node begins, not where it
// ends.
type text struct {
	source []byte
	lines  []int // where each begins
}

// lineBreakForm is what yaml counts as the end of a line.
var lineBreakForm = regexp.MustCompile(`\r\n|[\r\n\x{85}\x{2028}\x{2029}]`)

func newText(source []byte) text {
	t := text{source: source, lines: []int{len(source) - len(bytes.TrimPrefix(source, []byte("\ufeff")))}}
	for _, at := range lineBreakForm.FindAllIndex(source, -1) {
		t.lines = append(t.lines, at[1])
	}
	return t
}

// offset is where a node begins: its anchor or tag, if it has one.
func (t *text) offset(node *yaml.Node) int {
	at := t.lines[min(node.Line, len(t.lines))-1]
	for range node.Column - 1 {
		_, size := utf8.DecodeRune(t.source[at:])
		at += size
	}
	return at
}

// lineStart is where the line of an offset begins.
func (t *text) lineStart(at int) int {
	start := 0
	for _, line := range t.lines {
		if line <= at {
			start = line
		}
	}
	return start
}

// lineEnd is where the next line begins.
func (t *text) lineEnd(at int) int {
	for _, line := range t.lines {
		if line > at {
			return line
		}
	}
	return len(t.source)
}

// blank reports whether there is nothing but spaces and a comment between two offsets.
func (t *text) blank(from, to int) bool {
	rest := strings.TrimSpace(string(t.source[from:to]))
	return rest == "" || rest[0] == '#'
}

// skip passes spaces, line breaks and comments.
func (t *text) skip(at int) int {
	for at < len(t.source) {
		r, size := utf8.DecodeRune(t.source[at:])
		switch {
		case r == '#' && (at == 0 || strings.ContainsRune(" \t\r\n", rune(t.source[at-1]))):
			at = t.lineEnd(at)
		case strings.ContainsRune(" \t\r\n\u0085\u2028\u2029", r):
			at += size
		default:
			return at
		}
	}
	return at
}

// valueSpan is where a variable's value is written; of one that is not, where it belongs.
func (t *text) valueSpan(key, value *yaml.Node) (from, to int, ok bool) {
	if value.Kind == yaml.ScalarNode && value.Value == "" && value.Style == 0 && value.Anchor == "" {
		end, ok := t.end(key, key)
		at := t.skip(end)
		if !ok || at >= len(t.source) || t.source[at] != ':' {
			return 0, 0, false
		}
		return at + 1, at + 1, true
	}
	from = t.offset(value)
	to, ok = t.end(value, key)
	for to > from && strings.ContainsRune(" \t\r\n", rune(t.source[to-1])) {
		to-- // of a text of its own lines
	}
	return from, to, ok
}

// end is where a node ends that belongs to an entry of that key.
func (t *text) end(node, key *yaml.Node) (int, bool) {
	at := t.offset(node)
	switch node.Kind {
	case yaml.AliasNode:
		return at + 1 + len(node.Value), bytes.HasPrefix(t.source[at:], []byte("*"+node.Value))
	case yaml.ScalarNode:
		return t.scalarEnd(at, node, key)
	}
	last := t.properties(at)
	flow := node.Style&yaml.FlowStyle != 0
	if flow {
		if last >= len(t.source) || t.source[last] != '{' && t.source[last] != '[' {
			return 0, false
		}
		last++
	}
	for _, child := range node.Content {
		end, ok := t.end(child, key)
		if !ok {
			return 0, false
		}
		last = max(last, end)
	}
	if !flow {
		return last, true
	}
	for last < len(t.source) {
		last = t.skip(last)
		if last >= len(t.source) {
			break
		}
		switch t.source[last] {
		case '}', ']':
			return last + 1, true
		case ',', ':', '?':
			last++
		default:
			return 0, false
		}
	}
	return 0, false
}

// properties passes an anchor and a tag.
func (t *text) properties(at int) int {
	for at < len(t.source) && (t.source[at] == '&' || t.source[at] == '!') {
		for at < len(t.source) && !strings.ContainsRune(" \t\r\n", rune(t.source[at])) {
			at++
		}
		at = t.skip(at)
	}
	return at
}

func (t *text) scalarEnd(at int, node, key *yaml.Node) (int, bool) {
	if node.Value == "" && node.Style == 0 {
		return at, true // nothing is written
	}
	if node.Anchor != "" || node.Style&yaml.TaggedStyle != 0 {
		at = t.properties(at)
	}
	rest := t.source[at:]
	switch {
	case node.Style&yaml.DoubleQuotedStyle != 0:
		return t.quotedEnd(at, doubleQuoted)
	case node.Style&yaml.SingleQuotedStyle != 0:
		return t.quotedEnd(at, singleQuoted)
	case node.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return t.blockEnd(at, key.Column-1)
	}
	if bytes.HasPrefix(rest, []byte(node.Value)) {
		return at + len(node.Value), true
	}
	// Lines that were folded.
	var form strings.Builder
	form.WriteString(`^`)
	for i, word := range strings.FieldsFunc(node.Value, func(r rune) bool { return r == ' ' || r == '\n' }) {
		if i > 0 {
			form.WriteString(`\s+`)
		}
		form.WriteString(regexp.QuoteMeta(word))
	}
	found := regexp.MustCompile(form.String()).FindIndex(rest)
	if found == nil {
		return 0, false
	}
	return at + found[1], true
}

var (
	doubleQuoted = regexp.MustCompile(`^"(?s:[^"\\]|\\.)*"`)
	singleQuoted = regexp.MustCompile(`^'(?s:[^']|'')*'`)
)

func (t *text) quotedEnd(at int, form *regexp.Regexp) (int, bool) {
	found := form.FindIndex(t.source[at:])
	if found == nil {
		return 0, false
	}
	return at + found[1], true
}

// blockEnd is where a text of its own lines ends, which are all indented more than what it is the
// value of.
func (t *text) blockEnd(at, indent int) (int, bool) {
	if at >= len(t.source) || t.source[at] != '|' && t.source[at] != '>' {
		return 0, false
	}
	end := t.lineEnd(at)
	for last := end; last < len(t.source); {
		next := t.lineEnd(last)
		line := t.source[last:next]
		content := bytes.TrimLeft(line, " ")
		switch {
		case len(bytes.TrimSpace(content)) == 0:
		case len(line)-len(content) > indent:
			end = next
		default:
			return end, true
		}
		last = next
	}
	return end, true
}

// commentsBefore leads up over the comments right above an entry, at its indentation, but not to
// those that begin the file.
func (t *text) commentsBefore(at, indent int) int {
	from := at
	for from > t.lines[0] {
		above := t.lineStart(from - 1)
		line := string(t.source[above:from])
		if text := strings.TrimLeft(line, " "); !strings.HasPrefix(text, "#") || len(line)-len(text) != indent {
			return from
		}
		from = above
	}
	return at
}

// commentsBehind leads down over comments that are indented more than an entry: they are in it.
func (t *text) commentsBehind(at, indent int) int {
	to := at
	for at < len(t.source) {
		next := t.lineEnd(at)
		line := string(t.source[at:next])
		text := strings.TrimLeft(line, " ")
		switch {
		case strings.TrimSpace(text) == "":
		case strings.HasPrefix(text, "#") && len(line)-len(text) > indent:
			to = next
		default:
			return to
		}
		at = next
	}
	return to
}

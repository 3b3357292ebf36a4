package recipe

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

var (
	yamlPlace = regexp.MustCompile(`^line (\d+): (?s:(.*))$`)

	// parserText is how errors of yaml's parser begin. It gives their line counted
	// from 0, that of its scanner from 1.
	parserText = regexp.MustCompile(`^did not find expected (<|key|node content|'-' indicator|',' or)`)

	// lineBreak is what yaml counts as the end of a line.
	lineBreak = regexp.MustCompile(`\r\n|[\r\n\x{85}\x{2028}\x{2029}]`)

	unknownAnchor = regexp.MustCompile(`^unknown anchor '(.*)' referenced$`)
)

// syntax turns yaml's own error, which knows the line at most, into a Mistake.
func (r *reader) syntax(source []byte, err error) {
	at, text := &yaml.Node{Line: 1, Column: 1}, strings.TrimPrefix(err.Error(), "yaml: ")
	if m := unknownAnchor.FindStringSubmatch(text); m != nil {
		r.mistake(firstPlace(source, "*"+m[1]), "mark the value that is meant with &"+m[1]+", before this place", "no value is marked &%s", m[1])
		return
	}
	if m := yamlPlace.FindStringSubmatch(text); m != nil {
		at.Line, _ = strconv.Atoi(m[1])
		text = m[2]
		if parserText.MatchString(text) {
			at.Line++
		}
	}
	r.mistake(at, "check the indentation, the colons and the brackets from here on, and in the line before", "this is not YAML: %s", text)
}

// firstPlace is where text stands first in source.
func firstPlace(source []byte, text string) *yaml.Node {
	lines := lineBreak.Split(string(source[:max(0, bytes.Index(source, []byte(text)))]), -1)
	return &yaml.Node{Line: len(lines), Column: utf8.RuneCountInString(lines[len(lines)-1]) + 1}
}

package recipetext

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/loramerge/loramerge/internal/fault"
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

// NotYAML is the Fault of a file that yaml can't read. Its own error knows the line
// at most.
func NotYAML(file string, source []byte, err error) *fault.Fault {
	at, text := fault.Position{File: file, Line: 1, Column: 1}, strings.TrimPrefix(err.Error(), "yaml: ")
	if m := unknownAnchor.FindStringSubmatch(text); m != nil {
		return fault.At(firstPlace(file, source, "*"+m[1]), "no value is marked &%s", m[1]).Mend("mark the intended value with &" + m[1] + ", before this place")
	}
	if m := yamlPlace.FindStringSubmatch(text); m != nil {
		at.Line, _ = strconv.Atoi(m[1])
		text = m[2]
		if parserText.MatchString(text) {
			at.Line++
		}
	}
	if use := bareVariable.FindSubmatch(lineOf(source, at.Line)); use != nil {
		return fault.At(at, "this is not YAML: %s", text).Mend("put the variable in quotes: \"" + string(use[1]) + "\"")
	}
	if indentedByTab.Match(lineOf(source, at.Line)) {
		return fault.At(at, "this is not YAML: %s", text).Mend("indent with spaces: YAML allows no tabs there")
	}
	return fault.At(at, "this is not YAML: %s", text).Mend("check the indentation, the colons and the brackets from here on, and in the line before")
}

// bareVariable is one within braces or brackets that no quotes are around: there its own
// braces are YAML's.
var bareVariable = regexp.MustCompile(`[{\[].*[:,\[{][ \t]*(\$\{\w+\})`)

var indentedByTab = regexp.MustCompile(`^ *\t`)

func lineOf(source []byte, line int) []byte {
	lines := bytes.Split(source, []byte("\n"))
	return lines[min(max(line, 1), len(lines))-1]
}

// firstPlace is where text first occurs in a file.
func firstPlace(file string, source []byte, text string) fault.Position {
	return placeBehind(file, source[:max(0, bytes.Index(source, []byte(text)))])
}

// InvalidPlace is where a file first stops being UTF-8.
func InvalidPlace(file string, source []byte) fault.Position {
	valid := 0
	for {
		r, size := utf8.DecodeRune(source[valid:])
		if r == utf8.RuneError && size <= 1 {
			return placeBehind(file, source[:valid])
		}
		valid += size
	}
}

// placeBehind is where a file goes on after what comes before.
func placeBehind(file string, before []byte) fault.Position {
	lines := lineBreak.Split(string(before), -1)
	return fault.Position{File: file, Line: len(lines), Column: utf8.RuneCountInString(lines[len(lines)-1]) + 1}
}

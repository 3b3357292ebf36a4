package main

import (
	"regexp"
	"strings"

	"github.com/loramerge/loramerge/internal/printable"
)

// proseWidth is that of help and of the pages of errors, which are read like a letter.
const proseWidth = 80

var (
	asItIs   = regexp.MustCompile(`^( {2,}\S|\||#)`) // code, tables, headings
	listItem = regexp.MustCompile(`^(- |\d+\. )`)
)

// prose breaks the paragraphs and lists of a text into lines of proseWidth, and leaves what is
// indented or fenced as it is. The lines of the text itself are those of an editor.
func prose(text string) string {
	var out, paragraph []string
	flush := func() {
		if len(paragraph) == 0 {
			return
		}
		joined := strings.Join(paragraph, " ")
		mark := listItem.FindString(joined)
		hanging := strings.Repeat(" ", len(mark))
		wrapped := printable.Wrap(joined[len(mark):], proseWidth-len(mark))
		out = append(out, mark+strings.ReplaceAll(wrapped, "\n", "\n"+hanging))
		paragraph = nil
	}
	fenced, inList := false, false
	for line := range strings.SplitSeq(text, "\n") {
		fence := strings.HasPrefix(line, "```")
		continues := inList && strings.HasPrefix(line, "  ") && len(paragraph) > 0
		switch {
		case fence || fenced || strings.TrimSpace(line) == "" || asItIs.MatchString(line) && !continues:
			flush()
			inList = false
			out = append(out, line)
		case listItem.MatchString(line):
			flush()
			inList = true
			paragraph = []string{line}
		default:
			paragraph = append(paragraph, strings.TrimSpace(line))
		}
		fenced = fenced != fence
	}
	flush()
	return strings.Join(out, "\n")
}

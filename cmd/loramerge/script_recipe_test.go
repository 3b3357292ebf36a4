package main

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

var (
	mistakeForm = regexp.MustCompile(`^(\S+?):(\d+):\d+: error: `)
	remedyForm  = regexp.MustCompile("^ += add the stage `((\\w+): \\{\\w+: (\\[[^]]*\\]|\\w+), .*\\})` and use (\\w+) here")
)

// cmdPaste does what the last command's errors advise: it adds the stages that they
// give, before the lines that they name, and uses these there:
//
//	paste
func cmdPaste(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: paste")
	}
	pasted := false
	file, number, added := "", 0, 0
	for line := range strings.Lines(ts.ReadFile("stderr")) {
		if m := mistakeForm.FindStringSubmatch(line); m != nil {
			file = m[1]
			number, _ = strconv.Atoi(m[2])
		}
		if m := remedyForm.FindStringSubmatch(line); m != nil && m[2] == m[4] {
			pasteStage(ts, file, number+added, m[1], m[3], m[2])
			pasted, added = true, added+1
		}
	}
	if !pasted {
		ts.Fatalf("no stage to add in what the last command said")
	}
}

// pasteStage puts a stage before a line, in which its name replaces its input.
func pasteStage(ts *testscript.TestScript, file string, number int, stage, input, name string) {
	lines := strings.Split(ts.ReadFile(file), "\n")
	changed := strings.Replace(lines[number-1], input, name, 1)
	if changed == lines[number-1] {
		ts.Fatalf("%s:%d does not name %s: %s", file, number, input, changed)
	}
	lines = slices.Concat(lines[:number-1], []string{"  " + stage, changed}, lines[number:])
	ts.Check(os.WriteFile(ts.MkAbs(file), []byte(strings.Join(lines, "\n")), 0o666))
}

// cmdBlock writes the first code block of a Markdown file that holds a line to a file:
//
//	block MARKDOWN LINE FILE
func cmdBlock(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: block MARKDOWN LINE FILE")
	}
	for _, block := range codeBlocks(ts.ReadFile(args[0])) {
		if slices.Contains(strings.Split(block, "\n"), args[1]) {
			ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(block), 0o666))
			return
		}
	}
	ts.Fatalf("no code block of %s holds the line %q", args[0], args[1])
}

// codeBlocks are the texts between lines of three backquotes.
func codeBlocks(markdown string) []string {
	var blocks []string
	for i, part := range strings.Split(markdown, "\n```") {
		if _, text, found := strings.Cut(part, "\n"); found && i%2 == 1 {
			blocks = append(blocks, text+"\n")
		}
	}
	return blocks
}

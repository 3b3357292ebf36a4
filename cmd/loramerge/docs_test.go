package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/golden"
)

const docs = "../../docs"

// TestDeclaredInReference: docs/reference.md is what the declarations say.
func TestDeclaredInReference(t *testing.T) {
	golden.Compare(t, filepath.Join(docs, "reference.md"), []byte(reference()))
}

// TestTutorial does what docs/tutorial.md says, beside a copy of the example adapters:
// it writes the files, runs the commands, and looks for the output in what they print.
func TestTutorial(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("there is no shell")
	}
	markdown, err := os.ReadFile(filepath.Join(docs, "tutorial.md"))
	if err != nil {
		t.Fatal(err)
	}
	built, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Skip("there is no Go for the page's evaluator")
	}
	dir := t.TempDir()
	for _, folder := range []string{"adapters", "evaluator"} {
		if err := os.CopyFS(filepath.Join(dir, folder), os.DirFS("../../testdata/"+folder)); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("GOCACHE", strings.TrimSpace(string(built)))
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	var output []byte
	for _, b := range fences(string(markdown)) {
		switch b.language {
		case "yaml":
			name, _, _ := strings.Cut(strings.TrimPrefix(b.text, "# "), "\n")
			if err := os.WriteFile(filepath.Join(dir, name), []byte(b.text), 0o666); err != nil {
				t.Fatal(err)
			}
		case "sh":
			shell := exec.Command("sh", "-e", "-c", b.text)
			shell.Dir = dir
			if output, err = shell.CombinedOutput(); err != nil {
				t.Fatalf("%s%s%v", b.text, output, err)
			}
		case "text":
			expectLines(t, b.text, output)
		}
	}
}

// fence is a block of code with its language.
type fence struct{ language, text string }

var fenceForm = regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$")

func fences(markdown string) []fence {
	var out []fence
	for _, m := range fenceForm.FindAllStringSubmatch(markdown, -1) {
		out = append(out, fence{m[1], m[2]})
	}
	return out
}

// expectLines requires the lines to be in the output in their order, perhaps with
// others between them; … stands for anything, and white space does not count.
func expectLines(t *testing.T, want string, output []byte) {
	t.Helper()
	rest := bytes.Split(output, []byte("\n"))
	for line := range strings.Lines(want) {
		words := strings.Fields(line)
		for i, word := range words {
			words[i] = strings.ReplaceAll(regexp.QuoteMeta(word), "…", ".*")
		}
		form := regexp.MustCompile(`^\s*` + strings.Join(words, `\s+`) + `\s*$`)
		at := 0
		for at < len(rest) && !form.Match(rest[at]) {
			at++
		}
		if at == len(rest) {
			t.Errorf("no line like %q in what is left of\n%s", line, output)
			return
		}
		rest = rest[at+1:]
	}
}

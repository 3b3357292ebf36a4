package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestEveryCommandFits: on a terminal of 80 columns no command prints a line that is longer, unless it is
// one word.
func TestEveryCommandFits(t *testing.T) {
	const columns = 80
	dir := t.TempDir()
	t.Setenv("LORAMERGE_CACHE", filepath.Join(dir, "cache"))
	examples, err := filepath.Abs("../../testdata/adapters")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(dir, "adapters-of-a-long-name"), os.DirFS(examples)); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	text := func(rank string) string {
		return `version: 1
vars: {density: 0.5}
stages:
  experts-of-two-tasks: {load: {python-coder: adapters-of-a-long-name/python, sql-generator: adapters-of-a-long-name/sql}}
  deltas-of-the-experts: {delta: experts-of-two-tasks}
  merged-and-normed: {sum: deltas-of-the-experts, norm: inputs}
  back-to-low-rank: {factor: merged-and-normed, rank: ` + rank + `}
  out: {save: back-to-low-rank, to: results/of-a-long-name/merged}
`
	}
	for name, rank := range map[string]string{"merge.yaml": "4", "other.yaml": "2"} {
		if err := os.WriteFile(name, []byte(text(rank)), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	out, python := "results/of-a-long-name/merged", "adapters-of-a-long-name/python"
	invocations := [][]string{
		{"plan", "merge.yaml"}, {"run", "merge.yaml"}, {"run", "merge.yaml"}, {"plan", "merge.yaml"}, {"plan", "other.yaml"},
		{"run", "-v", "other.yaml"}, {"plan", "--digests", "merge.yaml"}, {"expand", "merge.yaml"}, {"validate", "merge.yaml"},
		{"stages"}, {"stages", "rescale"}, {"errors"}, {"inspect", python}, {"inspect", out}, {"diff", python, out},
		{"diff", "merge.yaml", "other.yaml"}, {"explain", "merge.yaml", "back-to-low-rank"},
		{"explain", "merge.yaml", "out", "--against", "other.yaml"}, {"verify", out}, {"compare", out, python},
		{"cache", "info"}, {"config"}, {"version"}, {"--help"},
	}
	for _, command := range rootCommand(new(ui)).Commands() {
		invocations = append(invocations, []string{command.Name(), "--help"})
	}
	names, _ := errorPages()
	for _, name := range names {
		invocations = append(invocations, []string{"errors", name})
	}
	for _, args := range invocations {
		var printed bytes.Buffer
		u := &ui{out: &results{to: &printed}, err: io.Discard, room: func() int { return columns }, sources: map[string][]string{}, user: new(userFile)}
		root := rootCommand(u)
		root.SetArgs(args)
		if err := root.ExecuteContext(t.Context()); err != nil && printed.Len() == 0 {
			t.Errorf("%v: %v", args, err)
		}
		for line := range strings.Lines(printed.String()) {
			if strings.HasPrefix(line, "    ") && args[0] == "errors" || strings.HasPrefix(line, "|") || strings.HasPrefix(line, "  loramerge ") {
				continue // what is to be copied, and tables of Markdown
			}
			if line = strings.TrimRight(line, "\n "); utf8.RuneCountInString(line) > columns && len(strings.Fields(line)) > 1 {
				t.Errorf("%v: %d columns: %s", args, utf8.RuneCountInString(line), line)
			}
		}
	}
}

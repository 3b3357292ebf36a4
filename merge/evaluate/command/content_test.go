package command_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/merge/evaluate/command"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/stages"
)

// write makes files, by their paths in a folder.
func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// scorer is a command with a program and data.
func scorer() *stages.Command {
	return &stages.Command{Run: []string{"python3", "eval.py", "{adapter}"}, Format: "json", Inputs: []string{"eval.py", "heldout"}, Env: map[string]string{"A": "1", "B": "2"}}
}

var scorerFiles = map[string]string{"eval.py": "print(1)", "heldout/a.txt": "a", "heldout/more/b.txt": "b", "other.py": "x"}

// TestDigests: which changes measure scores anew, and which need leave again.
func TestDigests(t *testing.T) {
	type digests struct{ score, execution digest.Digest }
	of := func(c *stages.Command, dir string) (out digests) {
		t.Helper()
		var failed [2]error
		out.score, failed[0] = command.Digest(t.Context(), c, dir, plan.FreshHashes{})
		out.execution, failed[1] = command.Execution(t.Context(), []*stages.Command{c}, dir, plan.FreshHashes{})
		if err := errors.Join(failed[:]...); err != nil {
			t.Fatal(err)
		}
		return out
	}
	first := t.TempDir()
	write(t, first, scorerFiles)
	was := of(scorer(), first)
	for name, test := range map[string]struct {
		change           func(c *stages.Command, dir string)
		score, execution bool
	}{
		"nothing, in another folder": {change: func(*stages.Command, string) {}},
		"order of inputs":            {change: func(c *stages.Command, _ string) { slices.Reverse(c.Inputs) }},
		"timeout, retries":           {change: func(c *stages.Command, _ string) { c.Timeout, c.Retries, c.ExitCodes = 1, 2, []int{3} }},
		"a file that is no input":    {change: func(_ *stages.Command, dir string) { write(t, dir, map[string]string{"other.py": "y"}) }},
		"compiled by Python": {execution: true, change: func(_ *stages.Command, dir string) {
			write(t, dir, map[string]string{"heldout/__pycache__/b.pyc": "y"})
		}},
		"declared version":   {score: true, change: func(c *stages.Command, _ string) { c.Version = "2" }},
		"format":             {score: true, change: func(c *stages.Command, _ string) { c.Format = "inspect" }},
		"a word":             {score: true, execution: true, change: func(c *stages.Command, _ string) { c.Run = append(c.Run, "--fast") }},
		"words run together": {score: true, execution: true, change: func(c *stages.Command, _ string) { c.Run = []string{"python3eval.py", "", "{adapter}"} }},
		"environment":        {score: true, execution: true, change: func(c *stages.Command, _ string) { c.Env["A"] = "2" }},
		"the program":        {score: true, execution: true, change: func(_ *stages.Command, dir string) { write(t, dir, map[string]string{"eval.py": "print(2)"}) }},
		"data":               {score: true, execution: true, change: func(_ *stages.Command, dir string) { write(t, dir, map[string]string{"heldout/more/b.txt": "c"}) }},
		"more data":          {score: true, execution: true, change: func(_ *stages.Command, dir string) { write(t, dir, map[string]string{"heldout/c.txt": ""}) }},
		"a name": {score: true, execution: true, change: func(_ *stages.Command, dir string) {
			if err := os.Rename(filepath.Join(dir, "heldout", "a.txt"), filepath.Join(dir, "heldout", "c.txt")); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		dir := t.TempDir()
		write(t, dir, scorerFiles)
		c := scorer()
		test.change(c, dir)
		if is := of(c, dir); (is.score != was.score) != test.score || (is.execution != was.execution) != test.execution {
			t.Errorf("%s: the score's digest changed: %v, the execution's: %v", name, is.score != was.score, is.execution != was.execution)
		}
	}
}

// TestExecutionOfUnlisted: a program that is no input is part of what has leave.
func TestExecutionOfUnlisted(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, scorerFiles)
	c := &stages.Command{Run: []string{"python3", "--script=other.py", "./eval.py", "{adapter}", "heldout", "missing"}}
	if got, want := command.Named(c, dir), []string{"other.py", "eval.py"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	digestOf := func() digest.Digest {
		d, err := command.Execution(t.Context(), []*stages.Command{c}, dir, plan.FreshHashes{})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	before := digestOf()
	write(t, dir, map[string]string{"other.py": "os.system('rm -rf ~')"})
	if digestOf() == before {
		t.Error("another program has the same digest")
	}
}

func TestMissingInput(t *testing.T) {
	c := scorer()
	_, err := command.Digest(t.Context(), c, t.TempDir(), plan.FreshHashes{})
	if want := "eval.py: an input of the evaluator can't be read: no such file or directory; write its path from the recipe's folder on; it may be a file, or a folder of files"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	dir := t.TempDir()
	write(t, dir, scorerFiles)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := command.Digest(ctx, c, dir, plan.FreshHashes{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestWarnings(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, scorerFiles)
	for _, test := range []struct {
		format, run string
		inputs      []string
		want        string
	}{
		{"json", "python3 eval.py heldout/a.txt", []string{"eval.py", "heldout"}, ""},
		{"json", "python3 eval.py", nil, "\"eval.py\" is not among the command's inputs: when it changes, scores stay as they are; add it: `inputs: [eval.py]`"},
		{"lm-eval", "lm_eval --use_cache=x", nil, "the evaluator's own cache may give one adapter the answers of another; leave the cache out; scores are kept here"},
		{"inspect", "inspect eval --cache", nil, "the evaluator's own cache may give one adapter the answers of another; leave the cache out; scores are kept here"},
		{"promptfoo", "promptfoo eval", nil, "promptfoo keeps answers for 14 days, by the provider's name and the prompt; add --no-cache; scores are kept here"},
		{"promptfoo", "promptfoo eval --no-cache", nil, ""},
		{"json", "score", []string{"texts"}, "there is no \"texts\", which is an input of the command; write its path from the recipe's folder on, or put it there before the command is started"},
	} {
		c := &stages.Command{Format: test.format, Run: strings.Fields(test.run), Inputs: test.inputs}
		var got []string
		for _, w := range command.Warnings(fault.Position{}, c, dir) {
			got = append(got, w.Error())
		}
		if strings.Join(got, "\n") != test.want {
			t.Errorf("%s: %q, want %q", test.run, got, test.want)
		}
	}
}

//go:build unix

package main

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestSweepsBeside: two drivers and a rank at once over one folder find what one finds.
func TestSweepsBeside(t *testing.T) {
	t.Parallel()
	want := newSweeping(t, 1, "").table(t)
	s := newSweeping(t, 2, "")
	var out [2]bytes.Buffer
	all := []*exec.Cmd{s.command(), s.command(), s.command("--rank", "1/3")}
	for i, c := range all {
		if i < len(out) {
			c.Stdout = &out[i]
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range all {
		if err := c.Wait(); err != nil {
			t.Errorf("%v\n%s", err, said(c))
		}
	}
	for i := range out {
		if got := out[i].String(); got != want {
			t.Errorf("beside others it is\n%s\nand alone\n%s", got, want)
		}
	}
	for _, file := range []string{"trials.jsonl", "rank-1-of-3.jsonl"} {
		if lines := bytes.Count(readIfThere(filepath.Join(s.dir, "merge.sweep", file)), []byte("\n")); lines != len(s.records(file)) {
			t.Errorf("of %d lines in %s %d are records", lines, file, len(s.records(file)))
		}
	}
}

// TestSweepDisobeyed: what is not measured on other documents is no answer.
func TestSweepDisobeyed(t *testing.T) {
	t.Parallel()
	for _, more := range []string{"", "search: halton"} {
		s := newSweeping(t, 2, more)
		c := s.command()
		c.Env = append(c.Env, "SWEEPER_ALL=60")
		out, err := c.Output()
		if c.ProcessState.ExitCode() != 2 {
			t.Errorf("it ends with %v\n%s", err, out)
		}
		const want = "for `test` the evaluator has scored 60 documents of `select`, which the trials were chosen by: it does not keep to the documents that it is told\n"
		if !strings.Contains(said(c), want) || !strings.Contains(said(c), "= let it score the documents that `{samples}` or `{range}` names, and no others\n") {
			t.Errorf("it says\n%s", said(c))
		}
	}
}

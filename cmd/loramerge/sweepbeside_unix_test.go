//go:build unix

package main

import (
	"bytes"
	"os/exec"
	"path/filepath"
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

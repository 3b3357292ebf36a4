//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/merge/sweep"
)

// swept is a recipe whose sweep the sweeper scores.
const swept = `version: 1
vars: {method: by-sum, size: 1, density: 0.5}
stages:
  experts: {load: {python: adapters/python, sql: adapters/sql}}
  deltas:  {delta: experts}
  by-sum:  {sum: deltas, norm: inputs}
  trimmed: {trim: deltas, density: "${density}"}
  by-ties: {average: trimmed}
  sized:   {scale: "${method}", by: "${size}"}
  merged:  {factor: sized, rank: 8}
  out:     {save: merged, to: out}
  scores:
    evaluate: merged
    experts: experts
    evaluators: {rows: {run: [sweeper, adapters, "{adapter}", "{tasks}", "{samples}"], inputs: adapters}}
    tasks:
      python: {evaluator: rows, metric: loss, direction: minimize}
      sql:    {evaluator: rows, metric: loss, direction: minimize}
    splits: {select: 0-39, test: 40-79}
sweep:
  axes:
    method:  [by-sum, by-ties]
    size:    {min: 0.5, max: 1.5}
    density: {min: 0.05, max: 0.8, scale: log, when: {method: by-ties}}
  parallel: %d
  %s
  goal: {recovered: worst}
`

// sweeping is a folder with a recipe that is swept, and what its evaluator has noted.
type sweeping struct{ dir, scored string }

func newSweeping(t *testing.T, parallel int, more string) *sweeping {
	t.Helper()
	s := &sweeping{dir: t.TempDir(), scored: filepath.Join(t.TempDir(), "scored")}
	if !strings.Contains(more, "max-trials") {
		more = "max-trials: 8\n  " + more
	}
	text := fmt.Appendf(nil, swept, parallel, more)
	if err := errors.Join(os.CopyFS(filepath.Join(s.dir, "adapters"), os.DirFS("../../testdata/adapters")), os.WriteFile(filepath.Join(s.dir, "merge.yaml"), text, 0o666)); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *sweeping) command(args ...string) *exec.Cmd {
	c := exec.Command("loramerge", append([]string{"sweep", "--allow-exec", "merge.yaml"}, args...)...)
	c.Dir, c.Stderr = s.dir, new(strings.Builder)
	c.Env = append(os.Environ(), "LORAMERGE_CACHE="+filepath.Join(s.dir, "cache"), "SWEEPER_SCORED="+s.scored)
	return c
}

// said is what a command has printed beside its results.
func said(c *exec.Cmd) string { return c.Stderr.(*strings.Builder).String() }

// table is what a sweep prints in the end.
func (s *sweeping) table(t *testing.T, args ...string) string {
	t.Helper()
	c := s.command(args...)
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, c.Stderr)
	}
	return string(out)
}

// records are the lines of a file, but for one that is not whole.
func (s *sweeping) records(file string) (all []sweep.Record) {
	for line := range bytes.Lines(readIfThere(filepath.Join(s.dir, "merge.sweep", file))) {
		var r sweep.Record
		if json.Unmarshal(line, &r) == nil {
			all = append(all, r)
		}
	}
	return all
}

// count is how often the evaluator has given each loss.
func (s *sweeping) count() map[string]int {
	out := make(map[string]int)
	for line := range strings.Lines(string(readIfThere(s.scored))) {
		if _, loss, ok := strings.Cut(line, " = "); ok {
			out[strings.TrimSpace(loss)]++
		}
	}
	return out
}

// losses are those of records.
func losses(records []sweep.Record) (all []string) {
	add := func(s sweep.Scores) {
		for _, v := range s {
			all = append(all, fmt.Sprint(v.Value))
		}
	}
	for _, r := range records {
		if add(r.Scores); r.References != nil {
			add(r.References.Base)
			for _, e := range r.References.Experts {
				add(e)
			}
		}
	}
	return all
}

// TestSweepAlike: side by side, in two shares, and one by one, a sweep finds the same.
func TestSweepAlike(t *testing.T) {
	for name, more := range map[string]string{"all documents": "", "halving": "halving: {min-samples: 5}", "halton": "search: halton", "cma-es": "max-trials: 20\n  search: cma-es"} {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && more != "" {
				t.Skip("one search will do")
			}
			t.Parallel()
			want := newSweeping(t, 1, more).table(t)
			if strings.Count(want, " 40 ") < 3 {
				t.Fatalf("this is no table of trials:\n%s", want)
			}
			if got := newSweeping(t, 4, more).table(t); got != want {
				t.Errorf("with four workers it is\n%s\nand with one\n%s", got, want)
			}
			ranks := newSweeping(t, 2, more)
			for turn := 0; turn < 5; turn++ {
				one, other := ranks.command("--rank", "1/2"), ranks.command("--rank", "0/2")
				if err := errors.Join(one.Start(), other.Start()); err != nil {
					t.Fatal(err)
				}
				if err := errors.Join(one.Wait(), other.Wait()); err != nil {
					t.Fatalf("%v\n%s\n%s", err, one.Stderr, other.Stderr)
				}
			}
			before := ranks.count()
			if got := ranks.table(t); got != want {
				t.Errorf("in two shares it is\n%s\nand in one\n%s", got, want)
			}
			ranks.wantNoneAgain(t, before, nil)
			for _, r := range ranks.records("trials.jsonl") {
				if more == "" && r.Split != "test" {
					t.Errorf("the driver has measured trial %d of the ranks anew", r.Trial)
				}
			}
		})
	}
}

// wantNoneAgain checks that nothing of what was recorded has been evaluated since; nil stands for everything that was evaluated.
func (s *sweeping) wantNoneAgain(t *testing.T, before map[string]int, recorded []sweep.Record) {
	t.Helper()
	now := s.count()
	known := losses(recorded)
	if recorded == nil {
		for loss := range before {
			known = append(known, loss)
		}
	}
	for _, loss := range known {
		if now[loss] != before[loss] {
			t.Errorf("what gave the loss %s was recorded and has been evaluated again", loss)
		}
	}
}

//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

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

// TestSweepKilled: whenever a driver or a rank is killed, what it has recorded is not evaluated
// again, and the sweep finds the same in the end.
func TestSweepKilled(t *testing.T) {
	for name, more := range map[string]string{"all documents": "", "halving": "halving: {min-samples: 5}"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := newSweeping(t, 1, more).table(t)
			s := newSweeping(t, 2, more)
			random, kills := rand.New(rand.NewPCG(7, 11)), 8
			if testing.Short() {
				kills = 3
			}
			for kill := range kills {
				args, file := []string{}, "trials.jsonl"
				if kill%3 == 2 {
					args, file = []string{"--rank", "0/2"}, "rank-0-of-2.jsonl"
				}
				before, recorded := s.count(), append(s.records("trials.jsonl"), s.records("rank-0-of-2.jsonl")...)
				had := len(s.records(file))
				c := s.command(args...)
				if err := c.Start(); err != nil {
					t.Fatal(err)
				}
				ended := make(chan error, 1)
				go func() { ended <- c.Wait() }()
				for done := false; !done && len(s.records(file)) < had+1+kill%2; {
					select {
					case err := <-ended:
						done = true
						ended <- err
					case <-time.After(time.Millisecond):
					}
				}
				time.Sleep(time.Duration(random.IntN(60)) * time.Millisecond)
				_ = c.Process.Kill() // it may have ended
				<-ended
				s.wantNoneAgain(t, before, append(recorded, sweep.Record{}))
			}
			before, recorded := s.count(), append(s.records("trials.jsonl"), s.records("rank-0-of-2.jsonl")...)
			if got := s.table(t); got != want {
				t.Errorf("it is\n%s\nand without a kill\n%s", got, want)
			}
			s.wantNoneAgain(t, before, append(recorded, sweep.Record{}))
			keys := make(map[string]bool)
			for _, r := range append(s.records("trials.jsonl"), s.records("rank-0-of-2.jsonl")...) {
				if keys[r.Key.Hex()] {
					t.Errorf("trial %d is recorded twice", r.Trial)
				}
				keys[r.Key.Hex()] = true
			}
		})
	}
}

// TestSweepEvaluatorKilled: a trial whose evaluator is killed has failed; it is measured again when
// that is asked for, and the sweep then finds what it would have found.
func TestSweepEvaluatorKilled(t *testing.T) {
	t.Parallel()
	want := newSweeping(t, 1, "").table(t)
	s := newSweeping(t, 1, "")
	numbers := filepath.Join(t.TempDir(), "numbers")
	c := s.command()
	c.Env = append(c.Env, "SWEEPER_NUMBERS="+numbers, "SWEEPER_WAITS=300ms")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	const sixth = 6 // base, two experts, the recipe as it stands, and the second trial
	for bytes.Count(readIfThere(numbers), []byte("\n")) < sixth {
		time.Sleep(time.Millisecond)
	}
	lines := strings.Split(strings.TrimSpace(string(readIfThere(numbers))), "\n")
	fields := strings.Fields(lines[sixth-1])
	number, err := strconv.Atoi(fields[len(fields)-1])
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(syscall.Kill(number, syscall.SIGKILL), c.Wait()); err != nil {
		t.Fatalf("%v\n%s", err, c.Stderr)
	}
	if !strings.Contains(said(c), ") has failed: ") || !strings.Contains(said(c), "ended by a signal") {
		t.Errorf("it said %s", said(c))
	}
	before, recorded := s.count(), s.records("trials.jsonl")
	if got := s.table(t); got == want || !strings.Contains(got, "failed") {
		t.Errorf("the trial that failed has been measured unasked:\n%s", got)
	}
	if got := s.table(t, "--retry-failed"); got != want {
		t.Errorf("it is\n%s\nand without a kill\n%s", got, want)
	}
	s.wantNoneAgain(t, before, recorded)
}

// TestSweepInterrupted: an interrupt ends a sweep soon, with the evaluators that are at work, and leaves
// what was recorded.
func TestSweepInterrupted(t *testing.T) {
	s := newSweeping(t, 2, "")
	want := s.table(t)
	again := newSweeping(t, 2, "")
	numbers := filepath.Join(t.TempDir(), "numbers")
	t.Setenv("SWEEPER_NUMBERS", numbers)
	t.Setenv("SWEEPER_SCORED", again.scored)
	for round := range 2 {
		t.Setenv("SWEEPER_WAITS", "")
		if err := os.RemoveAll(numbers); err != nil {
			t.Fatal(err)
		}
		if round > 0 { // nothing is recorded while evaluators hang
			t.Setenv("SWEEPER_WAITS", "1h")
		}
		p := begin(t, again.dir, "sweep", "--allow-exec", "merge.yaml")
		for bytes.Count(readIfThere(numbers), []byte("\n")) < 5-4*round {
			select {
			case err := <-p.ended:
				t.Fatalf("it has ended before it could be interrupted: %v\n%s", err, &p.stderr)
			case <-time.After(time.Millisecond):
			}
		}
		p.signal(t, syscall.SIGINT)
		if took := p.wait(t); took > soon {
			t.Errorf("it ended %v after the interrupt", took)
		}
		p.wantInterrupted(t, syscall.SIGINT)
		for line := range strings.Lines(string(readIfThere(numbers))) {
			fields := strings.Fields(line)
			if n, err := strconv.Atoi(fields[len(fields)-1]); err != nil || !errors.Is(syscall.Kill(n, 0), syscall.ESRCH) {
				t.Errorf("the evaluator %q is there still", line)
			}
		}
		if left := list(t, filepath.Join(again.dir, "tmp")); len(left) > 0 {
			t.Errorf("it left %v", left)
		}
	}
	t.Setenv("SWEEPER_WAITS", "")
	before, recorded := again.count(), again.records("trials.jsonl")
	if got := again.table(t); got != want {
		t.Errorf("after interrupts it is\n%s\nand without\n%s", got, want)
	}
	again.wantNoneAgain(t, before, recorded)
}

//go:build unix

package main

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loramerge/loramerge/merge/sweep"
)

// TestSweepKilled: whenever a driver or a rank is killed, what it has recorded is not evaluated
// again, and the sweep finds the same in the end.
func TestSweepKilled(t *testing.T) {
	for name, more := range map[string]string{"all documents": "", "halving": "halving: {min-samples: 5}"} {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && more != "" {
				t.Skip("one search will do")
			}
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

//go:build unix

package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// scored is a recipe whose scorer compares with what it is made from.
const scored = `version: 1
stages:
  python: {load: adapters/python}
  less:   {scale: python, by: 0.5}
  out:    {save: less, to: out}
  scores:
    evaluate: less
    tasks:
      python: {run: [scorer, adapters, "{adapter}", "{tasks}"], inputs: adapters, metric: loss, direction: minimize}
`

// TestInterruptedScoring: an interrupt while an evaluator is at work ends it too and leaves nothing
// behind but the scores that were measured already, from where the next run goes on.
func TestInterruptedScoring(t *testing.T) {
	for _, kind := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(kind.String(), func(t *testing.T) {
			dir := t.TempDir()
			if err := errors.Join(os.CopyFS(filepath.Join(dir, "adapters"), os.DirFS("../../testdata/adapters")), os.WriteFile(filepath.Join(dir, "merge.yaml"), []byte(scored), 0o666)); err != nil {
				t.Fatal(err)
			}
			before := tree(t, dir)
			t.Setenv("SCORER_STARTS", filepath.Join(t.TempDir(), "starts"))
			t.Setenv("SCORER_HANGS", "less")
			p := begin(t, dir, "run", "--allow-exec", "merge.yaml")
			evaluator := awaitNumber(t, filepath.Join(dir, "hangs"), p.ended)
			p.signal(t, kind)
			if took := p.wait(t); took > soon {
				t.Errorf("it ended %v after the interrupt", took)
			}
			p.wantInterrupted(t, kind)
			if err := syscall.Kill(evaluator, 0); !errors.Is(err, syscall.ESRCH) {
				t.Errorf("the evaluator %d is there still: %v", evaluator, err)
			}
			if err := os.Remove(filepath.Join(dir, "hangs")); err != nil {
				t.Fatal(err)
			}
			if after := slices.DeleteFunc(tree(t, dir), func(path string) bool { return path == "tmp" }); !slices.Equal(after, before) {
				t.Errorf("it left %q, where there was %q", after, before)
			}
			t.Setenv("SCORER_HANGS", "")
			again := begin(t, dir, "run", "--allow-exec", "merge.yaml")
			if err := <-again.ended; err != nil {
				t.Fatalf("%v\n%s", err, &again.stderr)
			}
			if starts := string(read(t, os.Getenv("SCORER_STARTS"))); starts != "base python\nless python\nless python\n" {
				t.Errorf("what was started is\n%s", starts)
			}
		})
	}
}

// TestInterruptedAnywhere: wherever an interrupt meets a run that scores, a later one completes it,
// nothing half-written is left, and no evaluator is.
func TestInterruptedAnywhere(t *testing.T) {
	dir := t.TempDir()
	if err := errors.Join(os.CopyFS(filepath.Join(dir, "adapters"), os.DirFS("../../testdata/adapters")), os.WriteFile(filepath.Join(dir, "merge.yaml"), []byte(scored), 0o666)); err != nil {
		t.Fatal(err)
	}
	before := tree(t, dir)
	notes := t.TempDir()
	events, numbers := filepath.Join(notes, "events"), filepath.Join(notes, "numbers")
	t.Setenv("SCORER_EVENTS", events)
	t.Setenv("SCORER_NUMBERS", numbers)
	for moment := range 6 {
		for _, path := range []string{filepath.Join(dir, "cache"), filepath.Join(dir, "out"), filepath.Join(dir, "merge.lock.yaml"), filepath.Join(dir, "merge.scores.json"), events} {
			if err := os.RemoveAll(path); err != nil {
				t.Fatal(err)
			}
		}
		p := begin(t, dir, "run", "--allow-exec", "merge.yaml")
		for done := false; !done && bytes.Count(readIfThere(events), []byte("\n")) < moment; {
			select {
			case err := <-p.ended:
				p.ended <- err
				done = true
			case <-time.After(time.Millisecond):
			}
		}
		_ = p.Process.Signal(syscall.SIGINT) // it may have ended
		<-p.ended
		whole := exists(filepath.Join(dir, "out")) // what follows the last score is too short to be met for sure
		if after := slices.DeleteFunc(tree(t, dir), func(path string) bool { return path == "tmp" }); !whole && !slices.Equal(after, before) {
			t.Errorf("moment %d: it left %q, where there was %q", moment, after, before)
		}
		for line := range strings.Lines(string(readIfThere(numbers))) {
			_, number, _ := strings.Cut(strings.TrimSpace(line), " ")
			if n, err := strconv.Atoi(number); err != nil || !errors.Is(syscall.Kill(n, 0), syscall.ESRCH) {
				t.Errorf("moment %d: the evaluator %q is there still", moment, number)
			}
		}
		again := begin(t, dir, "run", "--allow-exec", "merge.yaml")
		if err := <-again.ended; err != nil || !exists(filepath.Join(dir, "merge.scores.json")) {
			t.Fatalf("moment %d: %v\n%s", moment, err, &again.stderr)
		}
	}
}

func readIfThere(path string) []byte {
	data, _ := os.ReadFile(path)
	return data
}

// awaitNumber waits for a file with a number in it.
func awaitNumber(t *testing.T, path string, ended <-chan error) int {
	t.Helper()
	for {
		text, _ := os.ReadFile(path)
		if n, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil {
			return n
		}
		select {
		case err := <-ended:
			t.Fatalf("the run has ended before it could be interrupted: %v", err)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

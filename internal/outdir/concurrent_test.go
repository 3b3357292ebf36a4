package outdir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"
)

// numbered is what the writer of that number saves: every file says the number.
func numbered(n int) tree {
	text := strings.Repeat(fmt.Sprint(n), 10_000)
	return tree{"weights": text, "config": text, fmt.Sprint("by-", n): text}
}

func TestConcurrentCommits(t *testing.T) {
	const writers, rounds = 4, 25
	for name, sys := range systems {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			target := filepath.Join(parent, "out")
			numbered(0).put(t, target)
			var running errgroup.Group
			for n := range writers {
				running.Go(func() error { return saveOften(sys, target, n, rounds) })
			}
			must(t, running.Wait())
			wantOnly(t, parent, "out")
			wantOneWriter(t, target, writers)
		})
	}
}

// saveOften sweeps before each save, as the command does, beside the other writers' living runs.
func saveOften(sys calls, target string, n, rounds int) error {
	for range rounds {
		if err := sys.sweep(target); err != nil {
			return err
		}
		d, err := numbered(n).stage(sys, target)
		if err != nil {
			return err
		}
		if err := d.Commit(); err != nil {
			return err
		}
	}
	return nil
}

func wantOneWriter(t *testing.T, target string, writers int) {
	t.Helper()
	got := readTree(t, target)
	for n := range writers {
		if _, found := got[fmt.Sprint("by-", n)]; found {
			wantTree(t, target, numbered(n))
			return
		}
	}
	t.Errorf("%s is of no writer: %d files", target, len(got))
}

// Another run takes the target away, or puts one there, between Commit's look at it and its step.
func TestTargetChangesDuringCommit(t *testing.T) {
	for name, sys := range systems {
		for step, change := range map[string]func(t *testing.T, target string){
			"Exchange": func(t *testing.T, target string) { must(t, os.RemoveAll(target)) },
			"Rename":   func(t *testing.T, target string) { oldTree.put(t, target) },
		} {
			t.Run(name+", "+step, func(t *testing.T) {
				target := filepath.Join(t.TempDir(), "out")
				if step == "Exchange" || name == "two steps" {
					oldTree.put(t, target)
				}
				changed := false
				d, err := newTree.stage(sys.before(func(call, path string) error {
					if call == step && filepath.Base(path) == "new" && !changed {
						changed = true
						change(t, target)
					}
					return nil
				}), target)
				must(t, err)
				must(t, d.Commit())
				if !changed {
					t.Errorf("Commit made no call %s", step)
				}
				wantOldOrNew(t, target, oldTree, true)
			})
		}
	}
}

// Where folders can be exchanged, there is a target at every moment, and its files are those of one writer.
func TestReaderDuringCommits(t *testing.T) {
	parent := t.TempDir()
	target := filepath.Join(parent, "out")
	if err := canExchange(t); err != nil {
		t.Skipf("folders cannot be exchanged here: %v", err)
	}
	numbered(0).put(t, target)
	done := make(chan error, 1)
	go func() { done <- saveOften(system, target, 1, 50) }()
	for {
		must(t, readWhole(target))
		select {
		case err := <-done:
			must(t, err)
			return
		default:
		}
	}
}

// readWhole opens the target once and reads its files through that. They may be removed meanwhile, for the
// target may be replaced, but they may not be mixed or cut short.
func readWhole(target string) error {
	folder, err := os.OpenRoot(target)
	if err != nil {
		return err
	}
	defer folder.Close()
	weights, err := folder.ReadFile("weights")
	config, err2 := folder.ReadFile("config")
	if err := errors.Join(err, err2); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	if len(weights) != 10_000 || string(weights) != string(config) {
		return fmt.Errorf("read %d bytes of weights and %d of config", len(weights), len(config))
	}
	return nil
}

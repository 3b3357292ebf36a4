//go:build unix

package main

import (
	"bytes"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/loramerge/loramerge/adapter/peft"
)

// slow takes seconds: dense deltas are factored anew at every module.
const slow = `version: 1
stages:
  a:      {load: a}
  b:      {load: b}
  merged: {ties: [a, b], density: 0.5, space: delta, rank: 64}
  out:    {save: merged, to: out/merged}
`

// TestInterrupt: Ctrl-C in the middle of a merge, or a closed terminal, leaves what was
// there before, and nothing else.
func TestInterrupt(t *testing.T) {
	for _, kind := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(kind.String(), func(t *testing.T) {
			if signal.Ignored(kind) {
				t.Skip("this test, and so what it starts, runs under nohup or the like")
			}
			interrupt(t, kind)
		})
	}
}

func interrupt(t *testing.T, kind syscall.Signal) {
	dir := t.TempDir()
	writeSlow(t, dir, 28)
	earlier := filepath.Join(dir, "out", "merged", peft.WeightsFile)
	before := read(t, earlier)
	p := begin(t, dir, "run", "--force", "slow.yaml")
	awaitWork(t, filepath.Join(dir, "out"), p.ended)
	p.signal(t, kind)
	p.wait(t)
	p.wantInterrupted(t, kind)
	if entries := list(t, filepath.Join(dir, "out")); len(entries) != 1 || !bytes.Equal(read(t, earlier), before) {
		t.Errorf("it left %q", entries)
	}
}

// soon is what a test allows an interrupted process on a machine that has other work too. What is
// promised is a second.
const soon = 4 * time.Second

// TestInterruptedSoon: one interrupt ends whatever takes long, and leaves no file behind.
func TestInterruptedSoon(t *testing.T) {
	if testing.Short() {
		t.Skip("it writes large adapters")
	}
	for _, c := range []struct {
		name  string
		scene func(t *testing.T, dir string)
		args  []string
	}{
		{"dense factor", largeScene("{ties: all, density: 0.5, space: delta, rank: 64}"), []string{"run", "recipe.yaml"}},
		{"dense energy", largeScene("{ties: all, density: 0.9, space: delta, energy: 0.99}"), []string{"run", "recipe.yaml"}},
		{"karcher", manyScene("{karcher: all}"), []string{"run", "recipe.yaml"}},
		{"measuring", manyScene("{average: all}"), []string{"run", "--measure=all", "recipe.yaml"}},
		{"planning", stagesScene, []string{"plan", "recipe.yaml"}},
		{"validating", stagesScene, []string{"validate", "recipe.yaml"}},
		{"hashing", vastScene, []string{"plan", "--digests", "recipe.yaml"}},
		{"explaining", vastScene, []string{"explain", "recipe.yaml", "a"}},
		{"comparing", largeScene("{sum: all}"), []string{"diff", "a0", "a1"}},
		{"verifying", mergedScene, []string{"verify", "out/merged"}},
		{"reporting", mergedScene, []string{"report", "out/merged"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			c.scene(t, dir)
			before := tree(t, dir)
			p := begin(t, dir, c.args...)
			p.awaitUse(t, 300*time.Millisecond)
			p.signal(t, syscall.SIGINT)
			took := p.wait(t)
			t.Logf("it ended %v after the interrupt", took.Round(time.Millisecond))
			if took > soon {
				t.Errorf("it ended %v after the interrupt", took)
			}
			p.wantInterrupted(t, syscall.SIGINT)
			if after := tree(t, dir); !slices.Equal(after, before) {
				t.Errorf("it left %q, where there was %q", after, before)
			}
		})
	}
}

// TestSecondInterrupt: who is in a hurry does not wait for the first to be heeded, and
// finds nothing half-written either.
func TestSecondInterrupt(t *testing.T) {
	dir := t.TempDir()
	writeSlow(t, dir, 28)
	before := tree(t, dir)
	p := begin(t, dir, "run", "--force", "slow.yaml")
	awaitWork(t, filepath.Join(dir, "out"), p.ended)
	p.signal(t, syscall.SIGINT)
	p.signal(t, syscall.SIGINT)
	if took := p.wait(t); took > soon {
		t.Errorf("it ended %v after the second interrupt", took)
	}
	p.wantInterrupted(t, syscall.SIGINT)
	if after := tree(t, dir); !slices.Equal(after, before) {
		t.Errorf("it left %q, where there was %q", after, before)
	}
}

//go:build unix

package main

import (
	"bytes"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/internal/testgen/gen"
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
	for _, kind := range []os.Signal{os.Interrupt, syscall.SIGHUP} {
		t.Run(kind.String(), func(t *testing.T) {
			if signal.Ignored(kind) {
				t.Skip("this test, and so what it starts, runs under nohup or the like")
			}
			interrupt(t, kind)
		})
	}
}

func interrupt(t *testing.T, kind os.Signal) {
	dir := t.TempDir()
	writeSlow(t, dir)
	earlier := filepath.Join(dir, "out", "merged", adapter.WeightsFile)
	before := read(t, earlier)

	var stderr bytes.Buffer
	command := exec.Command("loramerge", "run", "--force", "slow.yaml")
	command.Dir, command.Stderr, command.Env = dir, &stderr, append(os.Environ(), "LORAMERGE_CACHE="+t.TempDir())
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- command.Wait() }()
	awaitWork(t, filepath.Join(dir, "out"), ended)
	if err := command.Process.Signal(kind); err != nil {
		t.Fatalf("the merge has ended before it could be interrupted: %v", err)
	}
	<-ended
	if code := command.ProcessState.ExitCode(); code != 1 {
		t.Errorf("exit code %d", code)
	}
	if got := stderr.String(); !bytes.HasSuffix(stderr.Bytes(), []byte("interrupted: nothing was saved\n")) {
		t.Errorf("it said %q", got)
	}
	if entries := list(t, filepath.Join(dir, "out")); len(entries) != 1 || !bytes.Equal(read(t, earlier), before) {
		t.Errorf("it left %q", entries)
	}
}

// writeSlow writes two adapters, the recipe, and an earlier output.
func writeSlow(t *testing.T, dir string) {
	t.Helper()
	var modules []gen.Module
	for _, m := range gen.Mistral7B()[:4*7] {
		modules = append(modules, gen.Module{Name: m.Name, Out: 512, In: 512})
	}
	for name, folder := range map[string]string{"a": "a", "b": "b", "earlier": "out/merged"} {
		spec := gen.Spec{Name: name, Base: "tiny", Modules: modules, Rank: 8, Alpha: 16, DType: safetensors.BF16}
		if err := gen.Write(filepath.Join(dir, folder), spec); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "slow.yaml"), []byte(slow), 0o666); err != nil {
		t.Fatal(err)
	}
}

// awaitWork waits until there is something beside the earlier output: the new one
// under construction.
func awaitWork(t *testing.T, folder string, ended <-chan error) {
	t.Helper()
	for len(list(t, folder)) < 2 {
		select {
		case err := <-ended:
			t.Fatalf("the merge has ended before it could be interrupted: %v", err)
		case <-time.After(time.Millisecond):
		}
	}
}

func list(t *testing.T, folder string) []os.DirEntry {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

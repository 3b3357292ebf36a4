package command_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/loramerge/loramerge/merge/evaluate/command"
)

// TestKilledWithIt: a command does not outlive a program that is killed.
func TestKilledWithIt(t *testing.T) {
	if scratch := os.Getenv("DIE"); scratch != "" {
		j := job(t, "deaf")
		j.Scratch = scratch
		go command.Run(t.Context(), j)
		await(filepath.Join(scratch, "try-1", "ready"))
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	j := marked(t, "hang")
	again := exec.Command(os.Args[0], "-test.run", "^TestKilledWithIt$")
	again.Env = append(os.Environ(), "DIE="+j.Scratch)
	if err := again.Run(); err == nil {
		t.Error("it was not killed")
	}
	if _, err := os.Stat(filepath.Join(j.Scratch, "try-1", "ready")); err != nil {
		t.Error(err) // else marked looks for processes that are none
	}
}

//go:build unix

package command_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loramerge/loramerge/merge/evaluate/command"
)

// TestKilledWithIt: a command and what it has started do not outlive a program that is killed, however early.
func TestKilledWithIt(t *testing.T) {
	if scratch := os.Getenv("DIE"); scratch != "" {
		j := job(t, "parent that hangs")
		j.Scratch = scratch
		go command.Run(t.Context(), j)
		if after, err := strconv.Atoi(os.Getenv("DIE_AFTER")); err == nil {
			time.Sleep(time.Duration(after) * time.Millisecond)
		} else {
			await(filepath.Join(scratch, "try-1", "ready"))
		}
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	for _, after := range []string{"", "1", "2", "4", "8", "16"} {
		j := marked(t, "hang")
		again := exec.Command(os.Args[0], "-test.run", "^TestKilledWithIt$")
		again.Env = append(os.Environ(), "DIE="+j.Scratch, "DIE_AFTER="+after)
		if err := again.Run(); err == nil {
			t.Error("it was not killed")
		}
		if _, err := os.Stat(filepath.Join(j.Scratch, "try-1", "ready")); err != nil && after == "" {
			t.Error(err) // else marked looks for processes that are none
		}
	}
}

// TestNoGuardIsLeft: the guard of a command that has ended ends, and kills nobody.
func TestNoGuardIsLeft(t *testing.T) {
	j := marked(t, "parent")
	if _, err := command.Run(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	for range 500 {
		if len(children(t)) == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%v are left", children(t))
}

// children are this process's, but for the ps that lists them.
func children(t *testing.T) (out []string) {
	t.Helper()
	list := exec.Command("ps", "-A", "-o", "ppid=,args=")
	text, err := list.Output()
	if err != nil {
		t.Skipf("no processes can be listed: %v", err)
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == strconv.Itoa(os.Getpid()) && fields[1] != "ps" {
			out = append(out, line)
		}
	}
	return out
}

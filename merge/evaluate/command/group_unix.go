//go:build unix

package command

import (
	"context"
	"errors"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"github.com/loramerge/loramerge/internal/leftover"
)

// grace is what a command has to stop by itself when it is interrupted. It is short, because whoever
// presses Ctrl-C does not want to wait.
const grace = 250 * time.Millisecond

// runGroup runs a command in a process group of its own, and ends what is left of the group: when the
// context is done (SIGTERM, then SIGKILL), and when the command has ended, since a child that
// outlives it would hold the GPU and write into the folder of the next run. A child that begins a
// session or group of its own escapes. The group is a session too, without a terminal: a program that
// asks for a password there fails, and is not stopped for good. A guard ends it if this program is killed.
//
// The output goes to files and not through pipes, so nothing waits for a child that holds one.
func runGroup(ctx context.Context, cmd *exec.Cmd) error {
	runtime.LockOSThread() // to a Pdeathsig, the parent is the thread
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr = groupAttributes()
	watcher := startGuard()
	defer watcher.dismiss()
	g, err := startGroup(cmd)
	if err != nil {
		return err
	}
	defer g.forget()
	watcher.watch(g)
	stopped := make(chan struct{})
	done := context.AfterFunc(ctx, func() {
		defer close(stopped)
		g.signal(syscall.SIGTERM)
		g.wait(grace)
		g.signal(syscall.SIGKILL)
	})
	err = cmd.Wait()
	if !done() {
		<-stopped
	} else if g.signal(syscall.SIGTERM) {
		g.wait(grace)
	}
	g.signal(syscall.SIGKILL)
	g.wait(grace / 4)
	return err
}

// group is a process group by the process that leads it.
type group struct {
	leader int
	forget func()
}

// startGroup starts a command. If the process must end before the command has, the group is
// killed.
func startGroup(cmd *exec.Cmd) (group, error) {
	defer leftover.Hold()()
	if err := cmd.Start(); err != nil {
		return group{}, err
	}
	g := group{leader: cmd.Process.Pid}
	g.forget = leftover.Register(func() error {
		g.signal(syscall.SIGKILL)
		return nil
	})
	return g, nil
}

// signal reports whether there was a process to get it.
func (g group) signal(s syscall.Signal) bool { return syscall.Kill(-g.leader, s) == nil }

// wait waits until the group is empty, but no longer than that: where no init reaps them, processes
// that have ended stay.
func (g group) wait(most time.Duration) {
	const step = 5 * time.Millisecond
	for waited := time.Duration(0); waited < most && g.signal(0); waited += step {
		pause(step)
	}
}

func pause(d time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	<-ctx.Done()
}

// notExecutable reports whether the system did not know how to run a file.
func notExecutable(err error) bool { return errors.Is(err, syscall.ENOEXEC) }

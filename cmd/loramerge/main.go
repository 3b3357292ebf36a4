// Command loramerge merges LoRA adapters as a recipe says.
//
// One file per command; only the files ui*.go print for people. Exit codes: 0 done,
// 1 failed while running, 2 the recipe, the inputs or the command line are wrong,
// 3 a gate was not passed, 4 a plan would change something, 128 plus its number after a signal.
package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/loramerge/loramerge/internal/leftover"
	"github.com/loramerge/loramerge/internal/printable"
)

func main() { os.Exit(realMain()) }

// realMain runs the program with a context that an interrupt cancels. What does not
// stop by itself within the grace, or a second interrupt, is left where it is: the
// process ends, and what it was about to write is removed.
func realMain() int {
	ui := newUI(os.Stdout, os.Stderr)
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	caught := make(chan os.Signal, 2)
	signal.Notify(caught, interrupts()...)
	ended := make(chan error, 1)
	go func() { ended <- execute(ctx, ui) }()
	select {
	case err := <-ended:
		return ui.end(err)
	case s := <-caught:
		ui.interrupted.Store(true)
		cancel(&interruption{s})
		select {
		case err := <-ended:
			if errors.Is(err, context.Canceled) {
				ui.failure(err)
				return interruptCode(s)
			}
			return ui.end(err)
		case <-caught:
		case <-time.After(grace):
		}
		signal.Reset() // a third one need not wait for the disk
		return ui.abandon(s, leftover.Clear())
	}
}

// interruption is why the context of a process has ended that was sent a signal.
type interruption struct{ signal os.Signal }

func (i *interruption) Error() string { return i.signal.String() }

// Is makes it a cancellation for whoever does not ask for the signal.
func (i *interruption) Is(target error) bool { return target == context.Canceled }

// grace is what work has to stop by itself after an interrupt: within a second the
// process is to be gone.
const grace = 500 * time.Millisecond

// end prints a command's error, and returns the process's exit code.
func (u *ui) end(err error) int {
	_, _ = io.WriteString(u.out, u.begun) // whose failure is remembered
	if err == nil {
		err = u.out.failed
	}
	if err == nil {
		return 0
	}
	u.failure(err)
	return exitCode(err)
}

// abandon ends the process while the command still works. So nothing of the ui is used
// that it may be using.
func (u *ui) abandon(s os.Signal, err error) int {
	text := u.lastWord()
	if err != nil {
		text = "interrupted: not all that was half-written could be removed: " + printable.Line(err.Error()) + "\n"
	}
	if u.terminal {
		text = "\n" + text // the line holds the progress
	}
	_, _ = os.Stderr.WriteString(text)
	return interruptCode(s)
}

// interruptCode is a shell's for a process that a signal has ended.
func interruptCode(s os.Signal) int {
	if number, ok := s.(syscall.Signal); ok {
		return 128 + int(number)
	}
	return 1
}

// interrupts are what ends a run in good order: a closed terminal too, unless nohup
// has said that it should not matter.
func interrupts() []os.Signal {
	all := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		all = append(all, syscall.SIGHUP)
	}
	return all
}

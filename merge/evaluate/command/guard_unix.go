//go:build unix

package command

import (
	"fmt"
	"io"
	"os/exec"
	"syscall"
)

// guard is a process that kills a command's group once this program has ended without seeing to it, as when it
// is killed itself: the system closes the pipe that leads to the guard.
type guard struct {
	process *exec.Cmd
	pipe    io.WriteCloser
}

// guarding reads the group's number, and kills the group unless another line follows.
const guarding = `read -r group && ! read -r ended && kill -s KILL -- "-$group"`

// startGuard comes before the command, so that hardly a moment is left in which nobody would end it. Where no
// guard can be started, for want of a shell, there is none.
func startGuard() *guard {
	g := &guard{process: exec.Command("/bin/sh", "-c", guarding)}
	g.process.Env, g.process.Dir = []string{}, "/"
	g.process.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // a Ctrl-C is for others
	var err error
	if g.pipe, err = g.process.StdinPipe(); err != nil || g.process.Start() != nil {
		return nil
	}
	return g
}

// watch says which group is to be killed.
func (g *guard) watch(of group) {
	if g != nil {
		_, _ = fmt.Fprintln(g.pipe, of.leader) // unless it has been ended by others
	}
}

// dismiss ends a guard that is not needed any more.
func (g *guard) dismiss() {
	if g != nil {
		_, _ = fmt.Fprintln(g.pipe, "ended")
		go func() { _ = g.process.Wait() }()
	}
}

//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// ownGroup keeps the signals of the terminal from a command.
func ownGroup(command *exec.Cmd) { command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

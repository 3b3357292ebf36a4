package main

import (
	"os/exec"
	"syscall"
)

// ownGroup keeps the signals of the console from a command.
func ownGroup(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

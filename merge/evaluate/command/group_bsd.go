//go:build unix && !linux

package command

import "syscall"

func groupAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

package command

import "syscall"

// groupAttributes: the command dies with this program, too, if that is killed before a guard knows of it.
func groupAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
}

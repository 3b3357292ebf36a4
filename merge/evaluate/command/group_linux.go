package command

import "syscall"

// groupAttributes: the command dies with this program, too, if that is killed with no chance
// to see to it.
func groupAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
}

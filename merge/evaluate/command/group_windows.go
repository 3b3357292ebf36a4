package command

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"unsafe"

	"golang.org/x/sys/windows"
)

// runGroup runs a command in a job object, which ends all its processes when it is closed: when the
// context is done, when the command has ended, and when this program ends in whatever way. A
// child that the command starts before it is in the job, in its first moments, escapes.
func runGroup(ctx context.Context, cmd *exec.Cmd) error {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return fmt.Errorf("create job object: %w", err)
	}
	limits := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{BasicLimitInformation: windows.JOBOBJECT_BASIC_LIMIT_INFORMATION{LimitFlags: windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE}}
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation, uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits)))
	if err != nil {
		return errors.Join(fmt.Errorf("limit job object: %w", err), windows.CloseHandle(job))
	}
	if err := cmd.Start(); err != nil {
		return errors.Join(err, windows.CloseHandle(job))
	}
	var unassigned error
	if err := cmd.Process.WithHandle(func(process uintptr) {
		unassigned = windows.AssignProcessToJobObject(job, windows.Handle(process))
	}); err == nil && unassigned != nil {
		unassigned = errors.Join(fmt.Errorf("assign to job object: %w", unassigned), cmd.Process.Kill())
	}
	stop := context.AfterFunc(ctx, func() { _ = windows.TerminateJobObject(job, 1) })
	defer stop()
	return errors.Join(unassigned, cmd.Wait(), windows.CloseHandle(job))
}

// notExecutable reports whether the system did not know how to run a file.
func notExecutable(err error) bool { return errors.Is(err, windows.ERROR_BAD_EXE_FORMAT) }

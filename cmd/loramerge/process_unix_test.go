//go:build unix

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// process is a loramerge at work.
type process struct {
	*exec.Cmd
	stderr bytes.Buffer
	ended  chan error
	since  time.Time // of the last signal
}

// begin keeps the program's temporary files and its cache in dir, where tree sees them.
func begin(t *testing.T, dir string, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command("loramerge", args...), ended: make(chan error, 1)}
	temp := filepath.Join(dir, "tmp")
	if err := os.MkdirAll(temp, 0o777); err != nil {
		t.Fatal(err)
	}
	p.Dir, p.Stderr = dir, &p.stderr
	p.Env = append(os.Environ(), "LORAMERGE_CACHE="+filepath.Join(dir, "cache"), "TMPDIR="+temp)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.ended <- p.Wait() }()
	return p
}

// awaitUse waits until the process has used the processor for so long, by which it catches
// signals and is at work, however much else the machine has to do. Where the system doesn't
// tell, it waits for so long.
func (p *process) awaitUse(t *testing.T, long time.Duration) {
	t.Helper()
	began := time.Now()
	for {
		used, known := processorTime(p.Process.Pid)
		if !known {
			used = time.Since(began)
		}
		if used >= long {
			return
		}
		select {
		case err := <-p.ended:
			t.Fatalf("it has ended before it could be interrupted: %v\n%s", err, &p.stderr)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// processorTime is the 14th and 15th field of /proc/PID/stat, in hundredths of a second: time
// in the program and in the system. The name before them is in brackets.
func processorTime(pid int) (used time.Duration, known bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, after, found := strings.Cut(string(text), ") ")
	fields := strings.Fields(after)
	if err != nil || !found || len(fields) < 13 {
		return 0, false
	}
	for _, field := range fields[11:13] {
		ticks, err := strconv.Atoi(field)
		if err != nil {
			return 0, false
		}
		used += time.Duration(ticks) * 10 * time.Millisecond
	}
	return used, true
}

func (p *process) signal(t *testing.T, kind os.Signal) {
	t.Helper()
	p.since = time.Now()
	if err := p.Process.Signal(kind); err != nil {
		t.Logf("the process has ended already: %v", err)
	}
}

func (p *process) wait(t *testing.T) time.Duration {
	t.Helper()
	select {
	case <-p.ended:
	case <-time.After(time.Minute):
		p.Process.Kill()
		<-p.ended
		t.Error("it did not end within a minute")
	}
	return time.Since(p.since)
}

func (p *process) wantInterrupted(t *testing.T, kind syscall.Signal) {
	t.Helper()
	if code := p.ProcessState.ExitCode(); code != 128+int(kind) {
		t.Errorf("exit code %d", code)
	}
	if !strings.HasSuffix(p.stderr.String(), interrupted) {
		t.Errorf("it said %q", &p.stderr)
	}
}

// tree lists the files and folders below dir, but for the cache's finished entries.
func tree(t *testing.T, dir string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		relative, _ := filepath.Rel(dir, path)
		inCache := strings.HasPrefix(relative, "cache")
		if relative != "tmp" && (!inCache || strings.HasPrefix(entry.Name(), "new-")) {
			all = append(all, relative)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// awaitWork waits until there is something beside the earlier output: the new one
// under construction.
func awaitWork(t *testing.T, folder string, ended <-chan error) {
	t.Helper()
	for len(list(t, folder)) < 2 {
		select {
		case err := <-ended:
			t.Fatalf("the merge has ended before it could be interrupted: %v", err)
		case <-time.After(time.Millisecond):
		}
	}
}

func list(t *testing.T, folder string) []os.DirEntry {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

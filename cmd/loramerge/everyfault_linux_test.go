package main

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// faultyCalls are the system calls by which the program reads, writes, syncs and renames.
var faultyCalls = []string{"openat", "read", "pread64", "getdents64", "mkdirat", "write", "pwrite64", "fallocate", "fsync", "renameat", "renameat2"}

// TestEveryFault lets the kernel refuse each of a merge's calls in turn: the target is
// the old one or the new one, whole, nothing is left beside it, and an error names
// the file and the cause.
func TestEveryFault(t *testing.T) {
	if testing.Short() || raced {
		t.Skip("hundreds of merges take too long")
	}
	if err := exec.Command("strace", "-o", os.DevNull, "true").Run(); err != nil {
		t.Skipf("strace, which injects the faults, can't be used: %v", err)
	}
	s := newScene(t, 2, "")
	if code, stderr := s.run(t, "", "recipe.yaml"); code != 0 {
		t.Fatalf("without a fault: %d, %s", code, stderr)
	}
	merged := files(t, filepath.Join(s.dir, "disk", "out"))
	for _, call := range faultyCalls {
		t.Run(call, func(t *testing.T) {
			for n := 1; s.refuse(t, call, n, merged); n++ {
			}
		})
	}
}

// refuse merges with EIO for every thread's n-th call, and reports whether there was one.
func (s *scene) refuse(t *testing.T, call string, n int, merged map[string][]byte) bool {
	t.Helper()
	s.reset(t)
	trace, which := filepath.Join(t.TempDir(), "trace"), call+":error=EIO:when="+strconv.Itoa(n)
	var stderr bytes.Buffer
	command := exec.Command("strace", "-f", "--seccomp-bpf", "-qq", "-y", "-o", trace, "-e", "trace="+call, "-e", "inject="+which,
		"loramerge", "run", "--quiet", "--jobs=1", "--cache=all", "recipe.yaml")
	command.Dir, command.Stderr = s.dir, &stderr
	command.Env = append(os.Environ(), "LORAMERGE_CACHE="+filepath.Join(s.dir, "cache"), "GOMAXPROCS=1")
	command.Run()
	refused := injected(string(read(t, trace)))
	if s.elsewhere(refused) {
		return true
	}
	code, got := command.ProcessState.ExitCode(), files(t, filepath.Join(s.dir, "disk", "out"))
	isNew := maps.EqualFunc(got, merged, bytes.Equal)
	switch {
	case code == 127: // the loader failed, and there was no program
	case !isNew && (code == 0 || !maps.EqualFunc(got, s.before, bytes.Equal)):
		t.Errorf("%s: exit code %d, and the target is neither old nor new\n%s", which, code, &stderr)
	case code != 0 && (code > 2 || !strings.Contains(stderr.String(), "input/output error") || !names(stderr.String(), refused)):
		t.Errorf("%s: exit code %d, and the error does not name file and cause: %s\n%s", which, code, &stderr, refused)
	}
	for _, folder := range []string{s.dir, filepath.Join(s.dir, "disk")} {
		for _, entry := range list(t, folder) {
			if strings.HasPrefix(entry.Name(), ".") && !removalRefused(refused, entry.Name()) {
				t.Errorf("%s left %s\n%s", which, entry.Name(), &stderr)
			}
		}
	}
	return refused != ""
}

// removalRefused reports whether a fault has hit the removal of a folder itself, as the call of
// another thread than the one whose fault ended the run. The next run removes it then.
func removalRefused(trace, folder string) bool {
	for line := range strings.Lines(trace) {
		listed := strings.Contains(line, "O_DIRECTORY") || strings.Contains(line, "getdents64(")
		if listed && strings.Contains(line, folder) {
			return true
		}
	}
	return false
}

// reset puts the earlier output back, and nothing beside it.
func (s *scene) reset(t *testing.T) {
	t.Helper()
	disk := filepath.Join(s.dir, "disk")
	for _, path := range []string{disk, filepath.Join(s.dir, "cache"), filepath.Join(s.dir, "recipe.lock.yaml")} {
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(disk, "out"), 0o777); err != nil {
		t.Fatal(err)
	}
	for name, data := range s.before {
		if err := os.WriteFile(filepath.Join(disk, "out", name), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// injected gives those lines of a trace that tell of a fault.
func injected(trace string) string {
	var lines []string
	for line := range strings.Lines(trace) {
		if strings.Contains(line, "(INJECTED)") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

// elsewhere reports whether a fault has hit another file than the scene's: an eventfd by which
// Go's runtime wakes a thread, or a file of the system that it asks for its limits. Which thread makes these
// calls, and when, is a matter of scheduling, and the runtime ends the process where they fail.
func (s *scene) elsewhere(trace string) bool {
	for line := range strings.Lines(trace) {
		path := tracedPath.FindStringSubmatch(workingFolder.ReplaceAllString(line, ""))
		if path == nil {
			return true
		}
		if !filepath.IsAbs(path[1]) && !strings.Contains(path[1], ":") {
			continue // relative to the scene's folder
		}
		if !strings.HasPrefix(path[1], s.dir+"/") && path[1] != s.dir {
			return true
		}
	}
	return false
}

var workingFolder = regexp.MustCompile(`AT_FDCWD<[^>]*>`)

// tracedPath is a call's path, or what strace -y says of its descriptor.
var tracedPath = regexp.MustCompile(`[<"]([^<>"]+)[>"]`)

// names reports whether an error names the file of one of a trace's faults.
func names(text, trace string) bool {
	for _, path := range tracedPath.FindAllStringSubmatch(trace, -1) {
		if strings.Contains(text, filepath.Base(path[1])) {
			return true
		}
	}
	return false
}

package main

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/loramerge/loramerge/adapter"
)

// scene is a folder with two adapters, a recipe, and disk/out, which an earlier run
// of another recipe has made.
type scene struct {
	dir    string
	before map[string][]byte // files of disk/out
}

// newScene gives disk a file system of its own if it has a size, such as "size=256k".
func newScene(t *testing.T, size string) *scene {
	t.Helper()
	s := &scene{dir: t.TempDir()}
	writeSquare(t, s.dir, 256, "a", "b")
	disk := filepath.Join(s.dir, "disk")
	if err := os.Mkdir(disk, 0o777); err != nil {
		t.Fatal(err)
	}
	if size != "" {
		mountAt(t, disk, size)
	}
	s.write(t, "first.yaml", "{sum: [a, b]}")
	s.write(t, "recipe.yaml", "{average: [a, b]}")
	if code, stderr := s.run(t, "", "first.yaml"); code != 0 {
		t.Fatalf("the first run: %d, %s", code, stderr)
	}
	s.before = files(t, filepath.Join(disk, "out"))
	return s
}

func mountAt(t *testing.T, folder, options string) {
	t.Helper()
	if err := unix.Mount("tmpfs", folder, "tmpfs", 0, options); err != nil {
		t.Skipf("mounting is not permitted: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(folder, 0); err != nil {
			t.Error(err)
		}
	})
}

func (s *scene) write(t *testing.T, name, stage string) {
	t.Helper()
	recipe := fmt.Sprintf("version: 1\nstages:\n  a: {load: a}\n  b: {load: b}\n  m: %s\n  out: {save: m, to: disk/out}\n", stage)
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(recipe), 0o666); err != nil {
		t.Fatal(err)
	}
}

// run carries a recipe out in a shell, after the line limit, such as "ulimit -f 64".
func (s *scene) run(t *testing.T, limit, recipe string, env ...string) (code int, stderr string) {
	t.Helper()
	var text bytes.Buffer
	command := exec.Command("sh", "-c", limit+"\nexec loramerge run "+recipe)
	command.Dir, command.Stderr = s.dir, &text
	command.Env = append(append(os.Environ(), "LORAMERGE_CACHE="+filepath.Join(s.dir, "cache")), env...)
	command.Run()
	return command.ProcessState.ExitCode(), text.String()
}

// wantOld wants disk to hold the earlier output and nothing else.
func (s *scene) wantOld(t *testing.T) {
	t.Helper()
	disk := filepath.Join(s.dir, "disk")
	if entries := list(t, disk); len(entries) != 1 {
		t.Errorf("disk holds %v", entries)
	}
	if !maps.EqualFunc(files(t, filepath.Join(disk, "out")), s.before, bytes.Equal) {
		t.Error("the earlier output is another")
	}
}

func files(t *testing.T, folder string) map[string][]byte {
	t.Helper()
	all := make(map[string][]byte)
	for _, entry := range list(t, folder) {
		all[entry.Name()] = read(t, filepath.Join(folder, entry.Name()))
	}
	return all
}

// TestFaults: a run that fails leaves the output of yesterday and nothing else, and
// says which file and why.
func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name, size, limit string
		prepare           func(t *testing.T, s *scene)
		words             []string
	}{
		{"full disk", "size=260k", "", nil, []string{adapter.WeightsFile, "no space left on device"}},
		{"no inodes", "size=4m,nr_inodes=9", "", nil, []string{"disk/.out.loramerge-", "no space left on device"}},
		{"file size", "", "ulimit -f 64", nil, []string{adapter.WeightsFile, "file too large"}},
		{"open files", "", "ulimit -n 10", nil, []string{"disk/.out.loramerge-", "too many open files"}},
		{"read-only", "size=4m", "", readOnly, []string{"disk", "read-only file system"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, c.size)
			if c.prepare != nil {
				c.prepare(t, s)
			}
			code, stderr := s.run(t, c.limit, "recipe.yaml")
			if code != 1 {
				t.Errorf("exit code %d", code)
			}
			for _, words := range c.words {
				if !strings.Contains(stderr, words) {
					t.Errorf("%q is not in %s", words, stderr)
				}
			}
			s.wantOld(t)
		})
	}
}

func readOnly(t *testing.T, s *scene) {
	if err := unix.Mount("", filepath.Join(s.dir, "disk"), "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Skip(err)
	}
}

// TestSideFaults: what stands beside the output costs a warning, not the merge.
func TestSideFaults(t *testing.T) {
	for name, prepare := range map[string]func(t *testing.T, s *scene) (env, words string){
		"cache": func(t *testing.T, s *scene) (string, string) {
			return "LORAMERGE_CACHE=/dev/null/cache", "/dev/null"
		},
		"full cache": func(t *testing.T, s *scene) (string, string) {
			folder := t.TempDir()
			mountAt(t, folder, "size=8k,nr_inodes=3")
			return "LORAMERGE_CACHE=" + folder, "no space left on device"
		},
		"lock": func(t *testing.T, s *scene) (string, string) {
			mountAt(t, s.dir, "size=4m")
			fill(t, s)
			return "", "recipe.lock.yaml"
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, "")
			env, words := prepare(t, s)
			code, stderr := s.run(t, "", "recipe.yaml", env)
			if code != 0 || !strings.Contains(stderr, "warning: ") || !strings.Contains(stderr, words) {
				t.Errorf("exit code %d, %s", code, stderr)
			}
			if maps.EqualFunc(files(t, filepath.Join(s.dir, "disk", "out")), s.before, bytes.Equal) {
				t.Error("the output is still the earlier one")
			}
		})
	}
}

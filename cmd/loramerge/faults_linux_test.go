package main

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/loramerge/loramerge/adapter/peft"
)

// scene is a folder with two adapters, a recipe, and disk/out, which an earlier run
// of another recipe has made.
type scene struct {
	dir    string
	before map[string][]byte // files of disk/out
	stdout string            // of the last run
}

// newScene gives the adapters some layers, and disk a file system of its own if it has a size, such as "size=256k".
func newScene(t *testing.T, layers int, size string) *scene {
	t.Helper()
	s := &scene{dir: t.TempDir()}
	writeSquare(t, s.dir, layers, 256, "a", "b")
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

// run runs a recipe in a shell, after the line limit, such as "ulimit -f 64". A limit on open files
// first closes those that this process inherited.
func (s *scene) run(t *testing.T, limit, recipe string, env ...string) (code int, stderr string) {
	t.Helper()
	var text, results bytes.Buffer
	command := exec.Command("sh", "-c", limit+"\nexec loramerge run "+recipe)
	command.Dir, command.Stdout, command.Stderr = s.dir, &results, &text
	command.Env = append(append(os.Environ(), "LORAMERGE_CACHE="+filepath.Join(s.dir, "cache")), env...)
	command.Run()
	s.stdout = results.String()
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
		{"full disk", "size=180k", "", nil, []string{peft.WeightsFile, "no space left on device"}},
		{"no inodes", "size=4m,nr_inodes=9", "", nil, []string{"disk/.out.loramerge-", "no space left on device"}},
		{"file size", "", "ulimit -f 64", nil, []string{peft.WeightsFile, "file too large"}},
		{"open files", "", "exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; ulimit -n 10", nil, []string{"disk/.out.loramerge-", "too many open files"}},
		{"read-only", "size=4m", "", readOnly, []string{"disk", "read-only file system"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, 6, c.size)
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

// TestSideFaults: what is written in addition to the output costs a warning, not the merge.
func TestSideFaults(t *testing.T) {
	for _, c := range []struct {
		name    string
		prepare func(t *testing.T, s *scene) (recipe, env string)
		words   string
	}{
		{"cache", func(*testing.T, *scene) (string, string) { return "recipe.yaml", "LORAMERGE_CACHE=/dev/null/cache" }, "/dev/null/cache"},
		{"full cache", fullCache, "no space left on device"},
		{"lock", readOnlyRecipe, "the lock can't be written"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, 6, "")
			recipe, env := c.prepare(t, s)
			code, stderr := s.run(t, "", recipe, env)
			if code != 0 || !strings.Contains(stderr, "warning: ") || !strings.Contains(stderr, c.words) {
				t.Errorf("exit code %d, %s", code, stderr)
			}
			if strings.Contains(s.stdout, "lock renewed") {
				t.Errorf("the lock was not: %s", s.stdout)
			}
			if maps.EqualFunc(files(t, filepath.Join(s.dir, "disk", "out")), s.before, bytes.Equal) {
				t.Error("the output is still the earlier one")
			}
		})
	}
}

func fullCache(t *testing.T, _ *scene) (recipe, env string) {
	folder := t.TempDir()
	mountAt(t, folder, "nr_inodes=8")
	return "recipe.yaml --cache=all", "LORAMERGE_CACHE=" + folder
}

func readOnlyRecipe(t *testing.T, s *scene) (recipe, env string) {
	folder := filepath.Join(s.dir, "project")
	if err := os.Mkdir(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	mountAt(t, folder, "size=1m")
	text := strings.NewReplacer("load: ", "load: ../", "to: ", "to: ../").Replace(string(read(t, filepath.Join(s.dir, "recipe.yaml"))))
	other := "version: 1\nstages: {a: {load: ../a}, out: {save: a, to: ../other}}\n"
	for _, source := range []string{other, text} { // the lock is of the first
		if err := os.WriteFile(filepath.Join(folder, "recipe.yaml"), []byte(source), 0o666); err != nil {
			t.Fatal(err)
		}
		if source == other {
			s.run(t, "", "project/recipe.yaml")
		}
	}
	if err := unix.Mount("", folder, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Skip(err)
	}
	return "project/recipe.yaml", ""
}

// TestInputChanges: an input that shrinks or changes under a merge ends it. A file that
// somebody is writing to is a failed run. One that was cut short is a wrong input, if it
// is the merge that comes upon its end, and not the hashing beside it.
func TestInputChanges(t *testing.T) {
	changed := map[int]string{1: "the file changed while it was read"}
	for name, c := range map[string]struct {
		spoil func(path string) error
		words map[int]string // by exit code
	}{
		"shrinks": {func(path string) error { return os.Truncate(path, 20_000) }, map[int]string{1: changed[1], 2: "shorter"}},
		"changes": {overwriteEnd, changed},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			writeSlow(t, dir, 4)
			earlier := filepath.Join(dir, "out", "merged")
			before := files(t, earlier)
			var stderr bytes.Buffer
			command := exec.Command("loramerge", "run", "--force", "--cache=off", "--jobs=1", "slow.yaml")
			command.Dir, command.Stderr, command.Env = dir, &stderr, append(os.Environ(), "LORAMERGE_CACHE="+t.TempDir())
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error)
			go func() { ended <- command.Wait() }()
			awaitWork(t, filepath.Join(dir, "out"), ended)
			if err := c.spoil(filepath.Join(dir, "b", peft.WeightsFile)); err != nil {
				t.Fatal(err)
			}
			<-ended
			if code := command.ProcessState.ExitCode(); c.words[code] == "" || !strings.Contains(stderr.String(), filepath.Join("b", peft.WeightsFile)) || !strings.Contains(stderr.String(), c.words[code]) {
				t.Errorf("exit code %d, %s", code, &stderr)
			}
			if entries := list(t, filepath.Join(dir, "out")); len(entries) != 1 || !maps.EqualFunc(files(t, earlier), before, bytes.Equal) {
				t.Errorf("it left %v", entries)
			}
		})
	}
}

func overwriteEnd(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	end, err := file.Seek(-2, io.SeekEnd)
	if err != nil {
		return err
	}
	_, err = file.WriteAt([]byte{1, 2}, end)
	return err
}

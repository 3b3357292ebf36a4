package outdir

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// With these set, the test binary is a run that replaces a target and stops before one of its calls.
const (
	childTarget = "OUTDIR_TEST_TARGET"
	childSystem = "OUTDIR_TEST_SYSTEM"
	childStop   = "OUTDIR_TEST_STOP"
)

func TestMain(m *testing.M) {
	if target := os.Getenv(childTarget); target != "" {
		if err := child(target); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func child(target string) error {
	stop, err := strconv.Atoi(os.Getenv(childStop))
	if err != nil {
		return err
	}
	sys := systems[os.Getenv(childSystem)].before(func(call, path string) error {
		if stop--; stop == 0 {
			fmt.Println(call)
			_, err := io.ReadAll(os.Stdin) // until killed
			return err
		}
		return nil
	})
	d, err := newTree.stage(sys, target)
	if err != nil {
		return err
	}
	return d.Commit()
}

// killBefore starts a child, kills it when it is about to make its n-th call and returns the call's name,
// or "" if the child came to its end before.
func killBefore(t *testing.T, n int, system, target string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childTarget+"="+target, childSystem+"="+system, childStop+"="+strconv.Itoa(n))
	cmd.Stderr = os.Stderr
	_, err := cmd.StdinPipe() // stays open, so that the child waits
	must(t, err)
	stdout, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	call, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		must(t, cmd.Wait())
		return ""
	}
	must(t, cmd.Process.Kill())
	_ = cmd.Wait() // reports the kill
	return call[:len(call)-1]
}

// A killed run never leaves a half; it leaves no target at all only where folders cannot be exchanged.
func TestKilled(t *testing.T) {
	for system := range systems {
		for _, before := range []tree{nil, oldTree} {
			t.Run(fmt.Sprintf("%s, replaces %d files", system, len(before)), func(t *testing.T) {
				wantMissing := before == nil || system == "two steps" || canExchange(t) != nil
				if missing := killEverywhere(t, system, before); missing != wantMissing {
					t.Errorf("target missing after some kill: %v, want %v", missing, wantMissing)
				}
			})
		}
	}
}

// killEverywhere kills a child before each of its calls, with a sweep after each kill, and reports whether the
// target was missing after some kill.
func killEverywhere(t *testing.T, system string, before tree) (missing bool) {
	for n, call := 1, "none"; call != ""; n++ {
		parent := t.TempDir()
		target := filepath.Join(parent, "out")
		if before != nil {
			before.put(t, target)
		}
		call = killBefore(t, n, system, target)
		missing = missing || readTree(t, target) == nil
		must(t, Sweep(target))
		wantSwept(t, parent, before)
	}
	return missing
}

// wantSwept checks that the parent holds the old target or the new one, whole, and nothing else.
func wantSwept(t *testing.T, parent string, before tree) {
	t.Helper()
	got := readTree(t, filepath.Join(parent, "out"))
	if !maps.Equal(got, before) && !maps.Equal(got, newTree) {
		t.Errorf("target holds %v", got)
	}
	if got == nil && before == nil {
		wantOnly(t, parent)
		return
	}
	wantOnly(t, parent, "out")
}

//go:build unix

package command_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loramerge/loramerge/internal/leftover"
	"github.com/loramerge/loramerge/merge/evaluate/command"
)

func init() {
	plays["killed"] = func([]string) { syscall.Kill(os.Getpid(), syscall.SIGKILL) }
	// A child and its child hold the output, and want to outlive their parent.
	plays["parent"] = func(args []string) {
		bear("child", args)
		save(args[1], `{"acc": 0.5}`)
	}
	plays["parent that hangs"] = func(args []string) {
		bear("child", args)
		time.Sleep(time.Hour)
	}
	plays["child"] = func(args []string) {
		bear("deaf", args)
		time.Sleep(time.Hour)
	}
	plays["deaf"] = func(args []string) {
		signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
		if err := os.WriteFile(filepath.Join(filepath.Dir(args[1]), "ready"), nil, 0o600); err != nil {
			panic(err)
		}
		time.Sleep(time.Hour)
	}
}

// bear starts a descendant, and returns when all of them are there.
func bear(play string, args []string) {
	child := exec.Command(os.Args[0], args...)
	child.Env = append(os.Environ(), "PLAY="+play)
	child.Stdout, child.Stderr = os.Stdout, os.Stderr
	if err := child.Start(); err != nil {
		panic(err)
	}
	await(filepath.Join(filepath.Dir(args[1]), "ready"))
}

func await(path string) {
	for {
		if _, err := os.Stat(path); err == nil {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// alive are the processes whose command line has a text in it.
func alive(t *testing.T, text string) (pids []int) {
	t.Helper()
	out, err := exec.Command("ps", "-A", "-o", "pid=,stat=,args=").Output()
	if err != nil {
		t.Skipf("no processes can be listed: %v", err)
	}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		if len(fields) > 2 && strings.Contains(line, text) && !strings.HasPrefix(fields[1], "Z") {
			pid, err := strconv.Atoi(fields[0])
			if err != nil {
				t.Fatal(err)
			}
			pids = append(pids, pid)
		}
	}
	return pids
}

// marked is a job whose processes can be found by the folder in their arguments.
func marked(t *testing.T, play string) command.Job {
	t.Helper()
	j := job(t, play)
	t.Cleanup(func() {
		for range 500 { // the end of a process that is killed takes a moment
			if len(alive(t, j.Scratch)) == 0 {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		for _, pid := range alive(t, j.Scratch) {
			t.Errorf("process %d is left", pid)
			syscall.Kill(pid, syscall.SIGKILL)
		}
	})
	return j
}

func TestKilledByOthers(t *testing.T) {
	_, err := command.Run(t.Context(), marked(t, "killed"))
	if want := "merge.yaml:7:5: the command was ended by a signal (signal: killed); all that it printed is in"; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
}

// TestOutlived: a child that outlives its parent, deaf to signals, is ended, and nobody waits for it.
func TestOutlived(t *testing.T) {
	j := marked(t, "parent")
	if got, err := score(t, j); got != 0.5 || err != nil {
		t.Errorf("%g, %v", got, err)
	}
}

func TestTimeoutOfAFamily(t *testing.T) {
	j := marked(t, "parent that hangs")
	j.Timeout, j.Retries = time.Second, 1
	if _, err := command.Run(t.Context(), j); err == nil || !strings.Contains(err.Error(), "did not end within 1s") {
		t.Error(err)
	}
}

// TestInterrupt: at twenty moments of a command's life.
func TestInterrupt(t *testing.T) {
	for moment := range 20 {
		t.Run(strconv.Itoa(moment), func(t *testing.T) {
			t.Parallel()
			j := marked(t, "parent that hangs")
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if moment == 19 {
				go func() {
					await(filepath.Join(j.Scratch, "try-1", "ready"))
					cancel()
				}()
			} else {
				time.AfterFunc(time.Duration(moment*moment)*time.Millisecond/4, cancel)
			}
			if _, err := command.Run(ctx, j); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
	}
}

// TestAbandoned: when this program must end at once, what it has started ends too.
func TestAbandoned(t *testing.T) {
	if j := os.Getenv("ABANDON"); j != "" {
		abandon(t, j)
	}
	j := marked(t, "parent that hangs")
	again := exec.Command(os.Args[0], "-test.run", "^TestAbandoned$")
	again.Env = append(os.Environ(), "ABANDON="+j.Scratch)
	var out bytes.Buffer
	again.Stdout, again.Stderr = &out, &out
	if err := again.Run(); err != nil || !strings.Contains(out.String(), "cleared") {
		t.Errorf("%v: %s", err, out.Bytes())
	}
}

func abandon(t *testing.T, scratch string) {
	j := job(t, "parent that hangs")
	j.Scratch = scratch
	go command.Run(t.Context(), j)
	await(filepath.Join(j.Scratch, "try-1", "ready"))
	err := leftover.Clear()
	fmt.Println("cleared", err)
	os.Exit(0)
}

// TestFullDisk: the log can't be written, which is no fault of the evaluator's.
func TestFullDisk(t *testing.T) {
	const full = "/dev/full"
	if _, err := os.Stat(full); err != nil {
		t.Skip(err)
	}
	j := job(t, "good")
	j.Log = full
	_, err := command.Run(t.Context(), j)
	if want := "the evaluator's log: write /dev/full: no space left on device"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

//go:build unix

package run_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loramerge/loramerge/internal/cache"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
)

func init() {
	if len(os.Args) == 6 && os.Args[1] == "slow scorer" {
		if strings.HasPrefix(filepath.Base(os.Args[2]), os.Getenv("HANG")+"-") {
			check(os.WriteFile("hanging", nil, 0o666))
			time.Sleep(time.Hour)
		}
		scorer(os.Args[2], os.Args[3], os.Args[4], os.Args[5])
		os.Exit(0)
	}
}

// TestKilledScore: of a process that is killed, what was measured is known, and what it has left behind is
// removed by the next one.
func TestKilledScore(t *testing.T) {
	all := run.Ask{Split: run.SelectSplit, References: true, Candidates: true}
	if dir := os.Getenv("KILLED"); dir != "" {
		store, err := cache.Open(filepath.Join(dir, "cache"))
		check(err)
		p, err := plan.Load(filepath.Join(dir, "merge.yaml"), plan.Options{})
		check(err)
		_, _, err = run.Score(t.Context(), p, run.Options{Cache: store, AllowExec: true, Scratch: filepath.Join(dir, "scratch")}, all)
		panic(err)
	}
	b := newBench(t)
	text, err := os.ReadFile(filepath.Join(b.dir, "merge.yaml"))
	check(err)
	b.write(strings.Replace(string(text), ", scorer,", `, "slow scorer",`, 1))
	scratch := filepath.Join(b.dir, "scratch")
	check(os.Mkdir(scratch, 0o777))
	again := exec.Command(os.Args[0], "-test.run", "^TestKilledScore$")
	again.Env = append(os.Environ(), "KILLED="+b.dir, "HANG=sized")
	check(again.Start())
	for err := os.ErrNotExist; err != nil; { // base and experts come first
		time.Sleep(time.Millisecond)
		_, err = os.Stat(filepath.Join(b.dir, "hanging"))
	}
	check(again.Process.Signal(syscall.SIGKILL))
	if again.Wait() == nil {
		t.Error("it was not killed")
	}
	if left, err := os.ReadDir(scratch); len(left) == 0 || err != nil {
		t.Errorf("%v; the killed process has left nothing, %v", left, err)
	}
	b.started()
	options := b.options()
	options.Scratch = scratch
	if options.Cache, err = cache.Open(filepath.Join(b.dir, "cache")); err != nil {
		t.Fatal(err)
	}
	_, counts, err := run.Score(t.Context(), b.plan(nil), options, all)
	if err != nil || counts != (run.Counts{Cached: 4, Measured: 2}) {
		t.Errorf("%+v, %v", counts, err)
	}
	b.wantStarted("sized select [python:[0 1 2 3 4 5 6 7 8 9] sql:[0 1 2 3 4 5 6 7 8 9]]")
	if left, err := os.ReadDir(scratch); len(left) > 0 || err != nil {
		t.Errorf("%v are left, %v", left, err)
	}
}

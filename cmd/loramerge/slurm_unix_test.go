//go:build unix

package main

import (
	"errors"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// slurmSweep is a sweep on the Slurm of one node that LORAMERGE_TEST_SLURM names by its configuration:
//
//	.ci/slurm start DIR; LORAMERGE_TEST_SLURM=DIR/slurm.conf go test ./cmd/loramerge -run Slurm
//
// Another Slurm, which SLURM_CONF may name, is none to test on.
type slurmSweep struct {
	*sweeping
	want   string         // the table that the same sweep prints on one machine
	scores map[string]int // how often it gets each loss there
}

func newSlurmSweep(t *testing.T, more string) *slurmSweep {
	t.Helper()
	conf := os.Getenv("LORAMERGE_TEST_SLURM")
	if conf == "" {
		t.Skip("no Slurm was started for tests, as `.ci/slurm start DIR` does; see LORAMERGE_TEST_SLURM")
	}
	if testing.Short() {
		t.Skip("Slurm takes its time")
	}
	t.Setenv("SLURM_CONF", conf)
	here := newSweeping(t, 1, more)
	s := &slurmSweep{sweeping: newSweeping(t, 1, more), want: here.table(t)}
	s.scores = here.count()
	odd := filepath.Join(s.dir, "it's 100% odd")
	if err := os.Mkdir(odd, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"adapters", "merge.yaml"} {
		if err := os.Rename(filepath.Join(s.dir, name), filepath.Join(odd, name)); err != nil {
			t.Fatal(err)
		}
	}
	s.dir = odd
	return s
}

// driver is a sweep on Slurm in three tasks, one at a time for each processor.
func (s *slurmSweep) driver(env ...string) *exec.Cmd {
	c := s.command("--on", "slurm", "--workers", "3", "--", "--time=5")
	c.Env = append(c.Env, env...)
	return c
}

// finish runs a driver to its end, and wants the table of one machine.
func (s *slurmSweep) finish(t *testing.T) (said string) {
	t.Helper()
	c := s.driver()
	out, err := c.Output()
	if said = c.Stderr.(*strings.Builder).String(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, said, s.logs())
	}
	if string(out) != s.want {
		t.Errorf("on Slurm the table is\n%s\nand on one machine\n%s", out, s.want)
	}
	if again := s.table(t); again != s.want {
		t.Errorf("here, after Slurm, the table is\n%s\nand it was\n%s", again, s.want)
	}
	return said
}

// logs are those of all tasks.
func (s *slurmSweep) logs() string {
	var all strings.Builder
	paths, _ := filepath.Glob(filepath.Join(s.dir, "merge.sweep", "slurm", "*"))
	for _, path := range paths {
		all.WriteString("-- " + path + "\n" + string(readIfThere(path)))
	}
	return all.String()
}

// wantNothingTwice wants as many scores as on one machine.
func (s *slurmSweep) wantNothingTwice(t *testing.T) {
	t.Helper()
	if got := s.count(); len(got) == 0 || !maps.Equal(got, s.scores) {
		t.Errorf("the losses are measured so often:\n%v\nand on one machine:\n%v", got, s.scores)
	}
}

var jobForm = regexp.MustCompile(`(?m)^job (\d+), of \d+ tasks?, was submitted; `)

// jobs are the arrays that a driver says it has submitted.
func jobs(said string) (out []string) {
	for _, m := range jobForm.FindAllStringSubmatch(said, -1) {
		out = append(out, m[1])
	}
	return out
}

// await waits until something holds. It holds within a minute even where much else is done.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it never came to this: %s", what)
		}
	}
}

// running are the numbers of the tasks of an array that Slurm has given a node, and whether it knows of others.
func running(t *testing.T, job string) (indices []string, over bool) {
	t.Helper()
	out, err := exec.Command("squeue", "--noheader", "--array", "--jobs="+job, "--format=%K|%T").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		if index, isRunning := strings.CutSuffix(strings.TrimSpace(line), "|RUNNING"); isRunning {
			indices = append(indices, index)
		}
	}
	return indices, strings.TrimSpace(string(out)) == ""
}

// held is the file that keeps evaluators from ending, so that a test can come between.
func (s *slurmSweep) held() string { return filepath.Join(s.dir, "held") }

// release lets them end.
func (s *slurmSweep) release() { _ = os.Remove(s.held()) }

// started is a driver whose array has a task at work, which ends none before release.
func (s *slurmSweep) started(t *testing.T) (driver *exec.Cmd, job string) {
	t.Helper()
	if err := os.WriteFile(s.held(), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.release)
	driver = s.driver("SWEEPER_HELD=" + s.held())
	state := filepath.Join(s.dir, "merge.sweep", "slurm", "array.json")
	if err := driver.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, "a job is submitted", func() bool {
		m := regexp.MustCompile(`"job":"(\d+)"`).FindSubmatch(readIfThere(state))
		if m != nil {
			job = string(m[1])
		}
		return m != nil
	})
	t.Cleanup(func() { _ = exec.Command("scancel", job).Run() })
	await(t, "a task is at work", func() bool {
		indices, _ := running(t, job)
		return len(indices) > 0
	})
	return driver, job
}

// TestSlurmAlike: on Slurm a sweep finds what it finds on one machine, measures nothing twice, and takes no more than an
// array for each generation or rung.
func TestSlurmAlike(t *testing.T) {
	for name, more := range map[string]string{"all documents": "", "halving": "halving: {min-samples: 5}"} {
		t.Run(name, func(t *testing.T) {
			s := newSlurmSweep(t, more)
			said := s.finish(t)
			// A task that ends last begins the next rung itself.
			if got := jobs(said); len(got) == 0 || len(got) > 3 || more == "" && len(got) != 1 {
				t.Errorf("arrays %v\n%s", got, said)
			}
			s.wantNothingTwice(t)
		})
	}
}

// TestSlurmTaskLost: a task that is cancelled, and one whose process is killed, are told with their logs, and what they
// have not measured is measured by the next run.
func TestSlurmTaskLost(t *testing.T) {
	for name, lose := range map[string][]string{"cancelled": {"scancel"}, "killed": {"scancel", "--signal=KILL", "--batch"}} {
		t.Run(name, func(t *testing.T) {
			s := newSlurmSweep(t, "")
			driver, job := s.started(t)
			indices, _ := running(t, job)
			await(t, "the task is lost", func() bool { // a task that has only just begun does not hear a signal
				if left, _ := running(t, job); !slices.Contains(left, indices[0]) {
					return true
				}
				if out, err := exec.Command(lose[0], append(lose[1:], job+"_"+indices[0])...).CombinedOutput(); err != nil {
					t.Logf("%v: %s", err, out) // it has just ended
				}
				return false
			})
			s.release()
			err := driver.Wait()
			said := driver.Stderr.(*strings.Builder).String()
			exit, _ := errors.AsType[*exec.ExitError](err)
			if exit == nil || exit.ExitCode() != 1 {
				t.Fatalf("%v\n%s", err, said)
			}
			log := filepath.Join(s.dir, "merge.sweep", "slurm", job+"_"+indices[0]+".log")
			if state := map[string]string{"cancelled": "CANCELLED", "killed": "FAILED"}[name]; !regexp.MustCompile(`(?m)^task ` + indices[0] + ` of job ` + job + `: ` + state + `.*; its log is ` + regexp.QuoteMeta(log) + `$`).MatchString(said) {
				t.Errorf("nothing is said of the task and %s:\n%s", log, said)
			}
			if !strings.Contains(said, "without a result; run the same command again, which submits what is left") {
				t.Errorf("nothing is said of what to do:\n%s", said)
			}
			s.finish(t)
		})
	}
}

// TestSlurmDriverKilled: the array of a driver that is killed goes on, and the next run follows it.
func TestSlurmDriverKilled(t *testing.T) {
	s := newSlurmSweep(t, "")
	driver, job := s.started(t)
	if err := driver.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = driver.Wait()
	s.release()
	said := s.finish(t)
	if !strings.Contains(said, "job "+job+", of 3 tasks, was submitted before, and is followed; press ^C to cancel it\n") || len(jobs(said)) > 0 {
		t.Errorf("it said\n%s", said)
	}
	s.wantNothingTwice(t)
}

// TestSlurmInterrupted: ^C cancels the array; a driver that is ended otherwise leaves it, and says so.
func TestSlurmInterrupted(t *testing.T) {
	for name, row := range map[string]struct {
		signal syscall.Signal
		says   string
		ends   bool
	}{
		"^C":              {syscall.SIGINT, "job %, of 3 tasks, is cancelled, by `scancel %`\n" + interrupted, true},
		"ended":           {syscall.SIGTERM, "job %, of 3 tasks, goes on; run the same command again to follow it, or cancel it with `scancel %`\n" + interrupted, false},
		"closed terminal": {syscall.SIGHUP, "job %, of 3 tasks, goes on; run the same command again to follow it, or cancel it with `scancel %`\n" + interrupted, false},
	} {
		t.Run(name, func(t *testing.T) {
			if signal.Ignored(row.signal) {
				t.Skip("the test itself was started to ignore this signal, as nohup does, and so would what it starts")
			}
			s := newSlurmSweep(t, "")
			driver, job := s.started(t)
			if err := driver.Process.Signal(row.signal); err != nil {
				t.Fatal(err)
			}
			_ = driver.Wait()
			if code := driver.ProcessState.ExitCode(); code != 128+int(row.signal) {
				t.Errorf("exit code %d", code)
			}
			if said := driver.Stderr.(*strings.Builder).String(); !strings.HasSuffix(said, strings.ReplaceAll(row.says, "%", job)) {
				t.Errorf("it said\n%s", said)
			}
			if row.ends {
				await(t, "all tasks are cancelled", func() bool {
					_, over := running(t, job)
					return over
				})
			} else if indices, over := running(t, job); over || len(indices) == 0 {
				t.Error("no task is at work any more")
			}
			s.release()
			if said := s.finish(t); row.ends == slices.Contains(strings.Fields(said), "followed;") {
				t.Errorf("the next run said\n%s", said)
			}
		})
	}
}

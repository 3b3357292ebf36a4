package slurm_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loramerge/loramerge/merge/sweep/slurm"
)

// cluster stands for a Slurm without accounts, and for a sweep of rounds of trials on it. A task needs
// two looks at it: at the first it runs, at the second it has ended.
type cluster struct {
	rounds   []int // trials that each round lacks
	answered bool
	fails    map[int]string // the states of tasks that fail, by job
	hides    int            // how often records can't be seen yet when a job has ended
	silent   int            // how often Slurm does not answer
	deaf     func()         // called when sbatch has submitted, and the driver does not hear of it
	refuses  bool           // to submit

	jobs      map[int]*submitted
	last      int
	waited    []time.Duration
	said      []string
	submitted []string // arrays, as sbatch was told
}

type submitted struct {
	name  string
	array string
	looks int
	over  bool
}

func (c *cluster) round() int {
	for i, trials := range c.rounds {
		if trials > 0 {
			return i + 1
		}
	}
	return len(c.rounds)
}

func (c *cluster) left(context.Context) (slurm.Left, error) {
	if c.hides > 0 && c.last > 0 && c.jobs[c.last].over {
		c.hides--
		return slurm.Left{Round: 1, Trials: 5}, nil
	}
	round := c.round()
	return slurm.Left{Round: round, Trials: c.rounds[round-1], Answered: c.rounds[round-1] == 0 && c.answered}, nil
}

// start is what the programs of Slurm do.
func (c *cluster) start(_ context.Context, words []string) (string, error) {
	switch words[0] {
	case "sbatch":
		return c.sbatch(words)
	case "sacct":
		return "", errors.New("exit status 1: Slurm accounting storage is disabled")
	case "squeue":
		if c.silent > 0 {
			c.silent--
			return "", errors.New("slurm_load_jobs error: Unable to contact slurm controller (connect failure)")
		}
		return c.squeue(words)
	}
	return "", fmt.Errorf("%q is not there", words[0])
}

func (c *cluster) sbatch(words []string) (string, error) {
	if c.refuses {
		return "", errors.New("sbatch: error: Batch job submission failed: Invalid account")
	}
	job := &submitted{}
	for _, word := range words {
		if name, ok := strings.CutPrefix(word, "--job-name="); ok {
			job.name = name
		}
		if array, ok := strings.CutPrefix(word, "--array=0-"); ok {
			job.array = array
		}
	}
	if c.jobs == nil {
		c.jobs = make(map[int]*submitted)
	}
	c.last++
	c.jobs[c.last] = job
	c.submitted = append(c.submitted, job.array)
	if c.deaf != nil {
		c.deaf()
		return "", context.Canceled
	}
	return fmt.Sprintln(c.last), nil
}

func (c *cluster) squeue(words []string) (string, error) {
	for number, job := range c.jobs {
		if slices.Contains(words, "--name="+job.name) {
			return fmt.Sprintln(number), nil
		}
		if !slices.Contains(words, fmt.Sprintf("--jobs=%d", number)) {
			continue
		}
		job.looks++
		state := "RUNNING"
		if job.looks > 1 {
			if state = "COMPLETED"; c.fails[number] != "" {
				state = c.fails[number]
			}
			c.end(job, state)
		}
		if job.array == "" {
			return fmt.Sprintf("%d|%s\n", number, state), nil
		}
		return fmt.Sprintf("%d_0|%s\n%d_1|%s\n", number, state, number, state), nil
	}
	return "", errors.New("exit status 1: slurm_load_jobs error: Invalid job id specified")
}

// end brings about what a job was for.
func (c *cluster) end(job *submitted, state string) {
	if !job.over && state == "COMPLETED" {
		if c.answered = job.array == ""; !c.answered {
			c.rounds[c.round()-1] = 0
		}
	}
	job.over = true
}

func (c *cluster) pause(ctx context.Context, long time.Duration) error {
	c.waited = append(c.waited, long)
	return ctx.Err()
}

func (c *cluster) told(e slurm.Event) {
	text := fmt.Sprintf("%d of job %s", e.Kind, e.Array.Job)
	if e.Kind == slurm.Looked || e.Kind == slurm.Ended {
		text = fmt.Sprintf("%s: %d %s", text, len(e.Tasks), e.Tasks[0].State)
	}
	c.said = append(c.said, text)
}

func (c *cluster) driver(folder string) *slurm.Driver {
	return &slurm.Driver{
		Job:     slurm.Job{Name: "sweep", Program: "/loramerge", Recipe: "/merge.yaml", Folder: folder, Cache: "/cache"},
		Workers: 4, Unique: "u", Start: c.start, Pause: c.pause, Left: c.left, Told: c.told,
	}
}

// TestRounds: an array for each generation or rung, of no more tasks than trials are left, and then a
// job for the answer. Nothing is submitted for what is known.
func TestRounds(t *testing.T) {
	for name, row := range map[string]struct {
		c    cluster
		want []string // last index of each array; "" of a job that is none
	}{
		"one round":           {cluster{rounds: []int{9}}, []string{"3", ""}},
		"three rungs":         {cluster{rounds: []int{9, 3, 1}}, []string{"3", "2", "0", ""}},
		"the last rung":       {cluster{rounds: []int{0, 0, 2}}, []string{"1", ""}},
		"only the answer":     {cluster{rounds: []int{0}}, []string{""}},
		"nothing":             {cluster{rounds: []int{0}, answered: true}, nil},
		"a slow network disk": {cluster{rounds: []int{5}, hides: 3}, []string{"3", ""}},
		"a slow controller":   {cluster{rounds: []int{5}, silent: 7}, []string{"3", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			if err := row.c.driver(folder).Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(row.c.submitted, row.want) {
				t.Errorf("arrays %q, not %q", row.c.submitted, row.want)
			}
			if _, err := os.Stat(filepath.Join(folder, "slurm", "array.json")); err == nil {
				t.Error("the record of a job that has ended is kept")
			}
		})
	}
}

// TestFailedTasks: trials without a result are an error, and the next run submits them again.
func TestFailedTasks(t *testing.T) {
	c, folder := &cluster{rounds: []int{9}, fails: map[int]string{1: "NODE_FAIL"}}, t.TempDir()
	err := c.driver(folder).Run(t.Context())
	if err == nil || err.Error() != "job 1 left 9 trials without a result; run the same command again, which submits what is left" {
		t.Fatalf("%v", err)
	}
	if last := c.said[len(c.said)-1]; last != fmt.Sprintf("%d of job 1: 2 NODE_FAIL", slurm.Ended) {
		t.Errorf("it was said: %s", last)
	}
	if err := c.driver(folder).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := []string{"3", "3", ""}; !slices.Equal(c.submitted, want) {
		t.Errorf("arrays %q, not %q", c.submitted, want)
	}
}

// TestAnswerFails: the job for the answer may fail too.
func TestAnswerFails(t *testing.T) {
	c := &cluster{rounds: []int{0}, fails: map[int]string{1: "TIMEOUT"}}
	err := c.driver(t.TempDir()).Run(t.Context())
	if err == nil || err.Error() != "job 1 left the scores that the answer needs without a result; run the same command again, which submits what is left" {
		t.Errorf("%v", err)
	}
}

// TestCacheNotShared: where the answer's scores stay on a node, it is said where they are missed.
func TestCacheNotShared(t *testing.T) {
	c, folder := &cluster{rounds: []int{0}}, t.TempDir()
	driver := c.driver(folder)
	driver.Left = func(context.Context) (slurm.Left, error) { return slurm.Left{Round: 1}, nil }
	err := driver.Run(t.Context())
	if want := "job 1 has ended, but the scores that the answer needs can't be found in /cache; see the logs in "; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v", err)
	}
}

// TestFolderNotShared: tasks that end well without leaving a record say that the folder is not shared, after a while.
func TestFolderNotShared(t *testing.T) {
	c, folder := &cluster{rounds: []int{9}, hides: 1 << 20}, t.TempDir()
	err := c.driver(folder).Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "job 1 has ended, but 5 trials can't be found in "+folder+"; see the logs in "+filepath.Join(folder, "slurm")+", and whether all nodes share the folder") {
		t.Errorf("%v", err)
	}
	var sum time.Duration
	for _, long := range c.waited {
		sum += long
	}
	if sum < time.Minute || sum > 3*time.Minute {
		t.Errorf("it waited for %s", sum)
	}
}

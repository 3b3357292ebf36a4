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

var errKilled = errors.New("killed")

// TestTakenUp: a driver that is stopped leaves its array to the next, which follows it instead of submitting another. So it is
// if the driver is stopped before it has learnt the array's number.
func TestTakenUp(t *testing.T) {
	for name, stop := range map[string]func(c *cluster, d *slurm.Driver, kill func()){
		"while it follows": func(_ *cluster, d *slurm.Driver, _ func()) {
			d.Pause = func(context.Context, time.Duration) error { return errKilled }
		},
		"while it submits": func(c *cluster, _ *slurm.Driver, kill func()) { c.deaf = kill },
	} {
		t.Run(name, func(t *testing.T) {
			c, folder := &cluster{rounds: []int{9}}, t.TempDir()
			first := c.driver(folder)
			ctx, kill := context.WithCancel(t.Context())
			defer kill()
			stop(c, first, kill)
			if err := first.Run(ctx); err == nil {
				t.Fatal("it was not stopped")
			}
			c.deaf, c.said = nil, nil
			if err := c.driver(folder).Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if want := []string{"3", ""}; !slices.Equal(c.submitted, want) {
				t.Errorf("arrays %q, not %q", c.submitted, want)
			}
			if c.said[0] != fmt.Sprintf("%d of job 1", slurm.TakenUp) && name == "while it submits" {
				t.Errorf("first it was said: %s", c.said[0])
			}
		})
	}
}

// TestRecordsNotRead: a driver that can't read the records leaves the array of the one before it to the next.
func TestRecordsNotRead(t *testing.T) {
	c, folder := &cluster{rounds: []int{9}}, t.TempDir()
	first, second := c.driver(folder), c.driver(folder)
	first.Pause = func(context.Context, time.Duration) error { return errKilled }
	second.Left = func(context.Context) (slurm.Left, error) { return slurm.Left{}, errKilled }
	for _, driver := range []*slurm.Driver{first, second} {
		if err := driver.Run(t.Context()); !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
	}
	if err := c.driver(folder).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := []string{"3", ""}; !slices.Equal(c.submitted, want) {
		t.Errorf("arrays %q, not %q", c.submitted, want)
	}
}

// TestRefused: what Slurm refuses is not looked for later.
func TestRefused(t *testing.T) {
	c, folder := &cluster{rounds: []int{9}, refuses: true}, t.TempDir()
	err := c.driver(folder).Run(t.Context())
	if err == nil || err.Error() != "submitting the job: sbatch: error: Batch job submission failed: Invalid account" {
		t.Errorf("%v", err)
	}
	c.refuses = false
	if err := c.driver(folder).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := []string{"3", ""}; !slices.Equal(c.submitted, want) {
		t.Errorf("arrays %q, not %q", c.submitted, want)
	}
}

// TestForgotten: Slurm knows an array no more that ended long ago, and what it left is submitted.
func TestForgotten(t *testing.T) {
	c, folder := &cluster{rounds: []int{9}}, t.TempDir()
	first := c.driver(folder)
	first.Pause = func(context.Context, time.Duration) error { return errKilled }
	if err := first.Run(t.Context()); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	c.jobs = nil
	if err := c.driver(folder).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := []string{"3", "3", ""}; !slices.Equal(c.submitted, want) {
		t.Errorf("arrays %q, not %q", c.submitted, want)
	}
}

// TestCancel: an array is cancelled by its number and cluster, or by its name while it has no number.
func TestCancel(t *testing.T) {
	for want, array := range map[string]slurm.Array{
		"scancel 7":                 {Name: "n", Job: "7", Tasks: 4},
		"scancel --clusters=west 7": {Name: "n", Job: "7", Cluster: "west", Tasks: 4},
		"scancel --name=n":          {Name: "n", Tasks: 4},
	} {
		if got := strings.Join(array.Cancel(), " "); got != want {
			t.Errorf("%s, not %s", got, want)
		}
	}
}

// TestSpoiltState: a record that can't be read is no reason to submit twice.
func TestSpoiltState(t *testing.T) {
	for _, text := range []string{"", "{", `{"job":"7; rm"}`, `{"job":7}`} {
		c, folder := &cluster{rounds: []int{9}}, t.TempDir()
		file := filepath.Join(folder, "slurm", "array.json")
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o777), os.WriteFile(file, []byte(text), 0o666)); err != nil {
			t.Fatal(err)
		}
		err := c.driver(folder).Run(t.Context())
		if err == nil || len(c.submitted) > 0 || !strings.HasPrefix(err.Error(), file+": the record of the job that was submitted can't be read: ") || !strings.HasSuffix(err.Error(), "; look for the job with `squeue --me`, and remove the file") {
			t.Errorf("%q: %v, submitted %q", text, err, c.submitted)
		}
	}
}

// TestAskedRarely: Slurm is asked after a second at first, and never more often than once in 30 seconds in the long run.
func TestAskedRarely(t *testing.T) {
	c := &cluster{rounds: []int{9}, silent: 40}
	if err := c.driver(t.TempDir()).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c.waited[0] != time.Second || c.waited[30] != 30*time.Second || !slices.IsSorted(c.waited[:40]) {
		t.Errorf("it waited for %s", c.waited)
	}
}

// TestSlurmSilent: a Slurm that never answers is given up, and the array left as it is.
func TestSlurmSilent(t *testing.T) {
	c := &cluster{rounds: []int{9}, silent: 1 << 20}
	driver := c.driver(t.TempDir())
	err := driver.Run(t.Context())
	if err == nil || !strings.HasSuffix(err.Error(), "; run the same command again to follow it") || driver.At() == nil {
		t.Errorf("%v, at %v", err, driver.At())
	}
}

// TestAccounts: with accounts, sacct alone is asked, and where there are several clusters it is told which.
func TestAccounts(t *testing.T) {
	c, asked := &cluster{rounds: []int{2}}, []string{}
	driver := c.driver(t.TempDir())
	driver.Start = func(ctx context.Context, words []string) (string, error) {
		if asked = append(asked, strings.Join(words[:min(2, len(words))], " ")); words[0] == "sacct" {
			c.end(c.jobs[c.last], "COMPLETED")
			job := fmt.Sprint(c.last)
			if c.jobs[c.last].array == "" {
				return job + "|COMPLETED|0:0\n", nil
			}
			return job + "_0|COMPLETED|0:0\n" + job + "_1|COMPLETED|0:0\n", nil
		}
		text, err := c.start(ctx, words)
		return strings.TrimSpace(text) + ";west\n", err
	}
	if err := driver.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := []string{"sbatch --parsable", "sacct --clusters=west", "sbatch --parsable", "sacct --clusters=west"}; !slices.Equal(asked, want) {
		t.Errorf("asked %q, not %q", asked, want)
	}
}

package slurm

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/outdir"
	"github.com/loramerge/loramerge/internal/printable"
)

// Driver submits a sweep's arrays and follows them.
type Driver struct {
	Job     Job
	First   []string // flags of `loramerge sweep` for the first array alone
	Workers int      // tasks of an array
	Unique  string   // a word that no other driver has
	Start   Start
	// Pause waits, or returns the context's error.
	Pause func(ctx context.Context, long time.Duration) error
	// Left reads the records that there are.
	Left func(ctx context.Context) (Left, error)
	// Told hears of all that happens; may be nil.
	Told func(Event)

	submitted int
	at        *Array
}

// Left is what a sweep lacks, by its records.
type Left struct {
	Round    int  // the generation or rung that is at hand
	Trials   int  // that it lacks
	Answered bool // nothing is left to be measured at all
}

// None reports whether the round at hand is complete, and the answer with it if it is the last.
func (l Left) None() bool { return l.Trials == 0 && l.Answered }

// Event is one thing that happened.
type Event struct {
	Kind  Kind
	Array Array
	Left  Left
	Tasks []Task // for Looked and Ended
	Err   error  // for Unknown
}

// Kind is what an Event is about.
type Kind uint8

// What happens to an array.
const (
	Submitted Kind = iota // it is new
	TakenUp               // it was submitted by a driver that ended before it
	Looked                // Slurm has said what its tasks do
	Unknown               // Slurm could not be asked; it will be again
	Ended                 // no task does anything more
)

// At is the array whose tasks may be at work, if any.
func (d *Driver) At() *Array { return d.at }

// Run submits one array after another until nothing is left to be measured. The first is one that an earlier driver
// submitted, if that has not ended. Trials that tasks leave without a result are an error, and are left for
// another Run. When the context ends, tasks go on: see [Array.Cancel].
func (d *Driver) Run(ctx context.Context) error {
	left, err := d.Left(ctx)
	if err != nil {
		return err
	}
	if left.None() {
		return d.forget()
	}
	if err := d.takeUp(ctx, left); err != nil {
		return err
	}
	for left, err = d.Left(ctx); err == nil && !left.None(); {
		if err := d.submit(ctx, left); err != nil {
			return err
		}
		tasks, err := d.follow(ctx)
		if err != nil {
			return err
		}
		after, err := d.settled(ctx, left, tasks)
		if err != nil {
			return err
		}
		if after.Round == left.Round && !after.None() && (after.Trials > 0 || left.Trials == 0) {
			return d.lost(after, tasks)
		}
		if err := d.forget(); err != nil {
			return err
		}
		left = after
	}
	return err
}

// takeUp follows the array of an earlier driver to its end.
func (d *Driver) takeUp(ctx context.Context, left Left) error {
	kept, err := d.kept(ctx)
	if err != nil || kept == nil {
		return err
	}
	d.at = kept
	tasks, err := kept.tasks(ctx, d.Start)
	if err != nil {
		return fmt.Errorf("looking for job %s, which was submitted before: %w", kept.Job, err)
	}
	for _, task := range tasks {
		if !task.Ended() {
			d.tell(Event{Kind: TakenUp, Left: left})
			if _, err := d.follow(ctx); err != nil {
				return err
			}
			break
		}
	}
	return d.forget()
}

// Tasks are as many as an array has for what is left; none of a job that is no array, which
// measures what the answer needs.
func (d *Driver) Tasks(left Left) int { return min(d.Workers, left.Trials) }

// submit starts an array for what is left: a job that is none, where all trials have results and only the
// answer's scores are missing.
func (d *Driver) submit(ctx context.Context, left Left) error {
	if err := os.MkdirAll(d.Job.logs(), 0o777); err != nil {
		return err
	}
	d.submitted++
	job := d.Job
	if d.submitted == 1 {
		job.Flags = slices.Concat(job.Flags, d.First)
	}
	job.Name = fmt.Sprintf("%s-%s-%d", job.Name, d.Unique, d.submitted)
	d.at = &Array{Name: job.Name, Tasks: d.Tasks(left)}
	if err := outdir.WriteFile(d.Job.script(), []byte(job.Script(d.at.Tasks))); err != nil {
		return err
	}
	if err := d.keep(); err != nil {
		return err
	}
	text, err := d.Start(ctx, job.Submit(d.at.Tasks))
	if err == nil {
		err = d.at.parsed(text)
	}
	if err != nil {
		return d.notSubmitted(ctx, err)
	}
	if err := d.keep(); err != nil {
		return err
	}
	d.tell(Event{Kind: Submitted, Left: left})
	return nil
}

// notSubmitted is the error of a submission. If it was Slurm that refused it, there is nothing to look for later.
func (d *Driver) notSubmitted(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		if failed := d.forget(); failed != nil {
			return failed
		}
	}
	if _, mendable := err.(*fault.Fault); mendable {
		return err
	}
	return fmt.Errorf("submitting the job: %w", err)
}

// visible is how long a network file system may show what it knew, and not what another node wrote.
const visible = 90 * time.Second

// settled is what is left when an array has ended. If all its tasks ended well, what they wrote is waited for.
func (d *Driver) settled(ctx context.Context, before Left, tasks []Task) (left Left, err error) {
	const step = 2 * time.Second
	for waited := time.Duration(0); ; waited += step {
		left, err = d.Left(ctx)
		if err != nil || left.Round != before.Round || left.None() || left.Trials == 0 && before.Trials > 0 || waited >= visible || anyFailed(tasks) {
			return left, err
		}
		if err := d.Pause(ctx, step); err != nil {
			return left, err
		}
	}
}

func anyFailed(tasks []Task) bool {
	for _, task := range tasks {
		if task.Failed() {
			return true
		}
	}
	return false
}

// lost is the error of an array that ended with something left.
func (d *Driver) lost(left Left, tasks []Task) error {
	what, where := "the scores that the answer needs", d.Job.Cache
	if left.Trials > 0 {
		what, where = printable.Count(left.Trials, "trial"), d.Job.Folder
	}
	job := d.at.Job
	if err := d.forget(); err != nil {
		return err
	}
	if anyFailed(tasks) {
		return fmt.Errorf("job %s left %s without a result; run the same command again, which submits what is left", job, what)
	}
	return fmt.Errorf("job %s has ended, but %s can't be found in %s; see the logs in %s, and whether all nodes share the folder", job, what, where, d.Job.logs())
}

func (d *Driver) tell(e Event) {
	if d.Told != nil {
		e.Array = *d.at
		d.Told(e)
	}
}

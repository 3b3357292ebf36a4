package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/internal/cache"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
	"github.com/loramerge/loramerge/merge/sweep"
	"github.com/loramerge/loramerge/merge/sweep/slurm"
)

// onSlurm hands the trials to Slurm, and when all are measured does what is left, which is to tell.
func (f *sweepFlags) onSlurm(c *cobra.Command, ui *ui, path string, site []string) error {
	job, err := f.slurmJob(c, path, site)
	if err != nil {
		return err
	}
	out := &slurmOutput{ui: ui, job: job, recipe: path, quiet: f.output.quiet, json: f.output.json}
	look := &slurmLook{flags: f, command: c, ui: ui, path: path, out: out}
	workers := f.cluster.workers
	if workers == 0 {
		workers = defaultWorkers
	}
	driver := &slurm.Driver{
		Job: job, Workers: workers, Unique: strconv.FormatInt(time.Now().UnixNano(), 36),
		Start: startSlurm, Pause: pause, Left: look.left, Told: out.told,
	}
	if f.again {
		driver.First = []string{"--retry-failed"}
	}
	left, err := look.left(c.Context())
	switch {
	case err != nil:
		return err
	case f.dryRun:
		ui.submission(driver, left)
		return nil
	case !left.None() && look.refused != nil:
		return look.refused
	}
	err = driver.Run(c.Context())
	out.finish()
	if err != nil {
		return stopped(c.Context(), ui, driver, err)
	}
	f.again, f.elsewhere = false, true
	return f.here(c, ui, path)
}

// slurmJob is what a task runs. Paths are absolute, but not resolved: what a link or an automounter calls a folder is
// what other nodes call it too.
func (f *sweepFlags) slurmJob(c *cobra.Command, path string, site []string) (job slurm.Job, err error) {
	folder := f.folder
	if folder == "" {
		folder = sweep.FolderOf(path)
	}
	job = slurm.Job{Name: "loramerge-" + jobName(path), Flags: f.handedOn(c), Jobs: c.Flags().Changed("jobs"), Site: site}
	job.Program, err = program()
	if err == nil {
		job.Recipe, err = filepath.Abs(path)
	}
	if err == nil {
		job.Folder, err = filepath.Abs(folder)
	}
	if err == nil {
		job.Cache, err = cache.DefaultDir()
	}
	if err != nil {
		return job, err
	}
	return job, job.Check()
}

// slurmLook reads what is recorded of a sweep.
type slurmLook struct {
	flags   *sweepFlags
	command *cobra.Command
	ui      *ui
	path    string
	out     *slurmOutput

	refused error // why no command may be started; nil if they may
}

// left plans the trials, and measures nothing. When all have scores, those that the answer needs may be missing: it is
// tried to answer without starting a command.
func (l *slurmLook) left(ctx context.Context) (slurm.Left, error) {
	options := l.flags.options(l.command, l.ui, func(*plan.Plan) {})
	planned := options.Planned
	options.Planned = func(p *plan.Plan, o *run.Options) error {
		if err := planned(p, o); err != nil {
			return err
		}
		l.refused = sweep.NotAllowed(p, *o, "not all trials are scored")
		o.AllowExec = false
		return nil
	}
	options.DryRun, options.RetryFailed = true, options.RetryFailed && !l.out.submitted
	result, err := sweep.Run(ctx, l.path, options)
	if err != nil {
		return slurm.Left{}, err
	}
	l.out.last = result
	left := slurm.Left{Round: result.Round, Trials: len(result.Left), Answered: result.Complete}
	if result.Complete {
		options.DryRun = false
		_, err = sweep.Run(ctx, l.path, options)
		if _, missing := errors.AsType[*fault.Fault](err); missing {
			left.Answered, err = false, nil
		}
	}
	return left, err
}

// pause waits, but not beyond the context's end.
func pause(ctx context.Context, long time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(long):
		return nil
	}
}

// startSlurm starts a program of Slurm, which the person who wrote `--on slurm` has asked for. It has a process group
// of its own, so that ^C does not end a submission whose job's number is then not known.
func startSlurm(ctx context.Context, words []string) (string, error) {
	var stdout, stderr bytes.Buffer
	command := exec.Command(words[0], words[1:]...)
	command.Stdout, command.Stderr = &stdout, &stderr
	ownGroup(command)
	if err := command.Start(); err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			return "", fault.New("there is no %s on this machine", words[0]).Mend("run this where jobs are submitted to Slurm")
		}
		return "", err
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	select {
	case <-ctx.Done():
		return "", context.Cause(ctx)
	case err := <-ended:
		if said := strings.TrimSpace(stderr.String()); err != nil && said != "" {
			return "", fmt.Errorf("%s: %w: %s", words[0], err, said)
		} else if err != nil {
			return "", fmt.Errorf("%s: %w", words[0], err)
		}
		return stdout.String(), nil
	}
}

// stopped is the end of a driver that did not get to its end. Who presses ^C wants the sweep to stop, and so its
// tasks; a terminal that is closed, or a session that ends, is none of theirs.
func stopped(ctx context.Context, ui *ui, driver *slurm.Driver, err error) error {
	array := driver.At()
	if array == nil || ctx.Err() == nil {
		return err
	}
	cancel := strings.Join(array.Cancel(), " ")
	by, _ := errors.AsType[*interruption](context.Cause(ctx))
	if by == nil || by.signal != os.Interrupt {
		ui.logf("%s goes on; run the same command again to follow it, or cancel it with `%s`\n", array, cancel)
		return err
	}
	// The process has half a second left; scancel takes the time that it needs.
	within, done := context.WithTimeout(context.Background(), grace/2)
	defer done()
	if _, failed := startSlurm(within, array.Cancel()); failed != nil && within.Err() == nil {
		ui.logf("%s could not be cancelled: %s\n", array, failed.Error())
	} else {
		ui.logf("%s is cancelled, by `%s`\n", array, cancel)
	}
	return err
}

package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/loramerge/loramerge/internal/printable"
	"github.com/loramerge/loramerge/merge/sweep"
	"github.com/loramerge/loramerge/merge/sweep/kubernetes"
	"github.com/loramerge/loramerge/merge/sweep/slurm"
)

// submission prints what would be submitted to Slurm first.
func (u *ui) submission(d *slurm.Driver, left slurm.Left) {
	if left.None() {
		u.logf("nothing is left to be submitted\n")
		return
	}
	tasks := d.Tasks(left)
	for i, word := range d.Job.Submit(tasks) {
		if i > 0 {
			u.print(" ")
		}
		u.printf("%s", slurm.Quote(word))
	}
	u.print("\n\n" + printable.Text(d.Job.Script(tasks)))
}

// slurmOutput tells how far the tasks of a sweep are: on a terminal in a line that is drawn anew,
// elsewhere in a line when something has changed.
type slurmOutput struct {
	ui          *ui
	job         slurm.Job
	recipe      string // as it was named
	quiet, json bool

	last   *sweep.Result // that was read from the records
	said   string
	drawn  bool
	silent bool // Slurm does not answer, which was said

	submitted bool
}

func (o *slurmOutput) told(e slurm.Event) {
	o.submitted = o.submitted || e.Kind == slurm.Submitted
	if o.json {
		o.ui.event(o.recipe, "slurm", slurmEvent(e))
	}
	if o.json || o.quiet {
		return
	}
	o.silent = o.silent && e.Kind == slurm.Unknown
	switch e.Kind {
	case slurm.Submitted:
		o.say(fmt.Sprintf("%s was submitted; press ^C to cancel it", e.Array))
	case slurm.TakenUp:
		o.say(fmt.Sprintf("%s was submitted before, and is followed; press ^C to cancel it", e.Array))
	case slurm.Unknown:
		if !o.silent {
			o.say(fmt.Sprintf("Slurm does not say what %s does, and is asked again: %v", e.Array, e.Err))
		}
		o.silent = true
	case slurm.Looked:
		o.now(o.progress(e))
	case slurm.Ended:
		o.now(o.progress(e))
		o.failures(e)
	}
}

// progress is what the tasks do, and how far the sweep is.
func (o *slurmOutput) progress(e slurm.Event) string {
	running, waiting := 0, 0
	for _, task := range e.Tasks {
		switch {
		case task.Running():
			running++
		case !task.Ended():
			waiting++
		}
	}
	return fmt.Sprintf("job %s: %s at work, %d waiting; ", e.Array.Job, printable.Count(running, "task"), waiting) + o.measured()
}

// measured is how many trials have scores, and which is the best of them.
func (o *slurmOutput) measured() string {
	done, all := 0, 0
	var best *sweep.Trial
	if o.last != nil {
		all = len(o.last.Trials)
		for _, t := range ranked(o.last.Trials) {
			if len(t.Goals) > 0 || t.Failed != "" {
				done++
			}
			if best == nil && len(t.Goals) > 0 {
				best = t
			}
		}
	}
	text := fmt.Sprintf("%d of %d trials measured", done, all)
	if best != nil {
		text += ", best " + trialName(best)
		for i, g := range o.last.Goals {
			text += " " + g.String() + " " + goalText(best, g, i)
		}
	}
	return text
}

// failures tells of tasks that ended otherwise than well, each with the last line of its log.
func (o *slurmOutput) failures(e slurm.Event) {
	for _, task := range e.Tasks {
		if !task.Failed() {
			continue
		}
		name := "job " + e.Array.Job
		if task.Index >= 0 {
			name = fmt.Sprintf("task %d of job %s", task.Index, e.Array.Job)
		}
		exit := ""
		if code, _, found := strings.Cut(task.Exit, ":"); found && code != "0" {
			exit = ", exit code " + code
		}
		o.say(fmt.Sprintf("%s: %s%s; its log is %s", name, task.State, exit, o.job.Log(e.Array, task)))
		if line := slurm.LastLine(o.job.Log(e.Array, task)); line != "" {
			o.say("    " + line)
		}
	}
}

// say prints a line that stays.
func (o *slurmOutput) say(text string) {
	o.finish()
	o.ui.logf("%s\n", text)
}

// now prints a line that holds for a while.
func (o *slurmOutput) now(text string) {
	if text == o.said {
		return
	}
	o.finish()
	o.said = text
	if !o.ui.terminal {
		o.ui.logf("%s\n", text)
		return
	}
	io.WriteString(o.ui.err, cut(printable.Line(text), o.ui.width()-1))
	o.drawn = true
}

// finish takes the line away that held for a while.
func (o *slurmOutput) finish() {
	if o.drawn {
		io.WriteString(o.ui.err, "\r\x1b[K")
		o.drawn, o.said = false, ""
	}
}

// slurmEvent is an event for programs.
func slurmEvent(e slurm.Event) map[string]any {
	out := map[string]any{"kind": [...]string{slurm.Submitted: "submitted", slurm.TakenUp: "taken up", slurm.Looked: "looked", slurm.Unknown: "unknown", slurm.Ended: "ended"}[e.Kind], "job": e.Array}
	if e.Tasks != nil {
		out["tasks"] = e.Tasks
	}
	if e.Err != nil {
		out["error"] = e.Err.Error()
	}
	return out
}

// jobPrinted says what to do with a Job of Kubernetes.
func (u *ui) jobPrinted(job kubernetes.Job) {
	u.logf("apply it with `kubectl apply -f -`, and see what it tells with `kubectl logs -f job/%s`\n", job.Name)
	if job.Workers > 1 {
		u.logf("when it is complete, apply the Job that the same command prints without --workers: it measures what is missing, and tells the answer\n")
	}
}

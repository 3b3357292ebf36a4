package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/loramerge/loramerge/merge"
	"github.com/loramerge/loramerge/recipe"
)

// result says what the run lost on its way and then what it saved.
func (u *ui) result(r *merge.Result) {
	if r.UpToDate {
		u.print("nothing to do: the outputs are what the lock says\n")
		return
	}
	if u.terminal {
		u.stageTable(r)
	}
	for _, d := range r.Deviations {
		u.deviation(d)
	}
	for _, stage := range r.Unmeasured {
		u.printf("%s: cross terms not measured, which may take longer than the merge; --measure all does it\n", stage)
	}
	for _, out := range r.Outputs {
		u.printf("saved %s: %d modules, %s\n", out.Path, out.Modules, size(out.Bytes))
	}
	for _, change := range r.LockChanges {
		u.printf("lock renewed: %s: %s\n", change.What, change.Text)
	}
	if r.LockKept != "" {
		u.printf("lock kept: %s\n", r.LockKept)
	}
	for _, err := range r.Warnings {
		if m, ok := errors.AsType[*recipe.Mistake](err); ok {
			u.warnings([]*recipe.Mistake{m})
		} else {
			u.trouble(yellow, "warning", err)
		}
	}
}

// verdict says whether an output is what its recipe gives, or what has changed.
func (u *ui) verdict(out string, v *merge.Verdict) {
	switch {
	case v.Same:
		u.printf("%s: same bytes\n", out)
	case v.Changed == "input": // which it names
		u.printf("%s: %s\n", out, v.Difference)
	default:
		u.printf("%s: the %s has changed: %s\n", out, v.Changed, v.Difference)
	}
	for _, note := range v.Notes {
		u.printf("note: %s\n", note)
	}
}

// deviation gives a stage's loss in all and at its worst module.
func (u *ui) deviation(d merge.StageDeviation) {
	u.printf("%s (%s): %s %.3g %% of ‖ΔW‖, %.3g %% of ‖ΔW‖²", d.Stage, d.Verb, string(d.Kind), 100*d.Error, 100*d.Share)
	if d.Error > 0 {
		worst := d.Modules[0]
		u.printf("; the worst %.3g %% at %s", 100*worst.Error, worst.Module)
	}
	u.print("\n")
}

// stageTable sums up what each stage did.
func (u *ui) stageTable(r *merge.Result) {
	lost := make(map[string]string)
	for _, d := range r.Deviations {
		lost[d.Stage] = fmt.Sprintf("%.3g %%", 100*d.Error)
	}
	var rows [][]string
	for _, s := range r.Stages {
		rows = append(rows, []string{s.Stage, time.Duration(s.Time).Round(time.Millisecond).String(), fmt.Sprint(s.Computed), fmt.Sprint(s.Cached), lost[s.Stage]})
	}
	u.table("STAGE TIME COMPUTED CACHED LOSS", rows)
}

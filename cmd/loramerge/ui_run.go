package main

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/printable"
	"github.com/loramerge/loramerge/merge/run"
	"github.com/loramerge/loramerge/stages"
)

// result says how large each merge is beside its inputs, what the run lost on its way, and what it saved;
// with all of it, also what each stage did.
func (u *ui) result(r *run.Result, verbose bool) {
	if r.UpToDate {
		u.print("nothing to do: the outputs are what the lock says\n")
	} else if verbose {
		u.stageTable(r)
	}
	for _, s := range r.Sizes {
		u.size(s)
	}
	for _, c := range r.Ranks {
		u.ranks(c)
	}
	for _, d := range r.Deviations {
		u.deviation(d)
	}
	for _, stage := range r.Unmeasured {
		u.printf("%s: cross terms not measured, which may take longer than the merge; --measure all does it\n", stage)
	}
	for _, out := range r.Outputs {
		u.printf("saved %s: %s, %s\n", out.Path, printable.Count(out.Modules, "module"), size(out.Bytes))
	}
	if len(r.Outputs) > 0 && (u.terminal || verbose) && r.Time > 0 {
		u.printf("it took %s\n", took(time.Duration(r.Time)))
	}
	u.evaluated(r)
	for _, change := range r.LockChanges {
		u.printf("lock renewed: %s: %s\n", change.What, change.Text)
	}
	if r.LockKept != "" {
		u.printf("lock kept: %s\n", r.LockKept)
	}
	for _, err := range r.Warnings {
		if f, ok := err.(*fault.Fault); ok {
			u.warnings([]*fault.Fault{f})
		} else {
			u.warn(err)
		}
	}
}

// rounding says what was lost where outputs hold fewer bits than what flowed in.
func (u *ui) rounding(r *run.Result) {
	for _, out := range r.Outputs {
		if out.Rounding > 0 {
			u.printf("rounding moved A and B by about %.2g %% of their norm\n", 100*out.Rounding)
		}
	}
}

// verdict says whether an output is what its recipe gives, or what has changed.
func (u *ui) verdict(out string, v *run.Verdict) {
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

// mostNamed is how many adapters' norms are listed by name.
const mostNamed = 4

// size compares what a merge came out as with its inputs.
func (u *ui) size(s run.MergeSize) {
	norms := make([]string, len(s.Inputs))
	least, most := math.Inf(1), 0.0
	for i, in := range s.Inputs {
		norms[i] = fmt.Sprintf("%s %.3g", in.Adapter, in.Norm)
		least, most = min(least, in.Norm), max(most, in.Norm)
	}
	inputs := strings.Join(norms, ", ")
	if len(norms) > mostNamed {
		inputs = fmt.Sprintf("%d adapters, %.3g to %.3g", len(norms), least, most)
	}
	u.printf("%s: ‖ΔW‖ %.3g; its inputs %s, mean %.3g", s.Stage, s.Norm, inputs, s.Mean)
	if s.Modules < s.AllModules {
		u.printf(" (of %d of its %d modules)", s.Modules, s.AllModules)
	}
	u.print("\n")
}

// ranks says what a stage has chosen for an adapter, and what it comes to.
func (u *ui) ranks(c run.ChosenRanks) {
	span := fmt.Sprint("rank ", c.Most)
	if c.Least < c.Most {
		span = fmt.Sprintf("ranks %d to %d", c.Least, c.Most)
	}
	u.printf("%s (%s): %s has %s, %d parameters, as many as rank %.4g everywhere\n", c.Stage, c.Verb, c.Adapter, span, c.Parameters, c.Even)
}

// deviation gives a stage's loss in all and at its worst module.
func (u *ui) deviation(d run.StageDeviation) {
	if d.Kind == stages.Truncation {
		u.cut(d)
		return
	}
	if d.Kind == stages.Steps {
		u.printf("%s (%s): its ΔW is %.3g %% of ‖ΔW‖ away from what %s give on ΔW instead of on A and B separately", d.Stage, d.Verb, 100*d.Error, strings.Join(d.Steps, ", "))
		if d.Redrawn {
			u.print(" (which drops other elements at random)")
		}
	} else {
		u.printf("%s (%s): %s %.3g %% of ‖ΔW‖, %.3g %% of ‖ΔW‖²", d.Stage, d.Verb, string(d.Kind), 100*d.Error, 100*d.Share)
	}
	if d.Error > 0 {
		worst := d.Modules[0]
		u.printf("; the worst %.3g %% at %s", 100*worst.Error, worst.Module)
	}
	u.print("\n")
}

// cut says what bringing a delta to a rank keeps, in the measure that its effect follows.
func (u *ui) cut(d run.StageDeviation) {
	if d.Error == 0 {
		u.printf("%s (%s): the cut keeps all of ‖ΔW‖²\n", d.Stage, d.Verb)
		return
	}
	worst := d.Modules[0]
	u.printf("%s (%s): the cut keeps %s of ‖ΔW‖², and about that share of the effect; the least, %s, at %s\n",
		d.Stage, d.Verb, keptPercent(d.Share), keptPercent(worst.Error*worst.Error), worst.Module)
	if len(d.Kept) == 0 {
		return
	}
	var shares []string
	for _, k := range d.Kept {
		shares = append(shares, fmt.Sprintf("%s %.3g %%", k.Adapter, 100*k.Share))
	}
	more := ""
	if len(shares) > mostNamed {
		more = ", " + printable.Count(len(shares)-mostNamed, "more adapter") + " over that"
		shares = shares[:mostNamed]
	}
	u.printf("%s (%s): of the adapters' own ‖ΔW‖² it keeps %s%s\n", d.Stage, d.Verb, strings.Join(shares, ", "), more)
}

// keptPercent is what is left when a share is lost; what is less than all is never written as all.
func keptPercent(lost float64) string {
	if lost < 0.5e-4 {
		return "over 99.99 %"
	}
	return fmt.Sprintf("%.4g %%", 100*(1-lost))
}

// took is a time with the digits that a reader wants.
func took(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%.2g s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// stageTable sums up what each stage did. One that was done in one pass with a later one has no time of
// its own.
func (u *ui) stageTable(r *run.Result) {
	lost := make(map[string]string)
	for _, d := range r.Deviations {
		lost[d.Stage] = fmt.Sprintf("%.3g %%", 100*d.Error)
	}
	var rows [][]string
	for _, s := range r.Stages {
		spent := ""
		if s.Time > 0 {
			spent = time.Duration(s.Time).Round(time.Millisecond).String()
		}
		rows = append(rows, []string{s.Stage, spent, fmt.Sprint(s.Computed), fmt.Sprint(s.Cached), lost[s.Stage]})
	}
	u.table("STAGE TIME COMPUTED CACHED LOSS", rows)
}

package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/loramerge/loramerge/internal/printable"
	"github.com/loramerge/loramerge/merge/evaluate/command"
	"github.com/loramerge/loramerge/merge/plan"
)

// plan prints the stages, and then what a run would do with the outputs.
func (u *ui) plan(p *plan.Plan, s plan.Summary, verbose bool) {
	var rows [][]string
	for i, n := range s.Stages {
		inputs := strings.Join(n.Inputs, ", ")
		if n.To != "" {
			inputs += " → " + plan.RecipePath(p.Nodes[i])
		}
		rows = append(rows, []string{n.Stage, n.Verb, inputs, fmt.Sprint(len(n.Adapters)), space(n), span(n.Ranks), span(n.Alphas),
			fmt.Sprint(n.Modules), size(n.Bytes), briefly(n.Time), cached(n.Cache)})
	}
	u.fitted([]column{{name: "STAGE", least: 10}, {name: "VERB"}, {name: "INPUTS", least: 12, list: true}, {name: "ADAPTERS", drop: 2}, {name: "SPACE"},
		{name: "RANK"}, {name: "ALPHA", drop: 1}, {name: "MODULES", drop: 3}, {name: "BYTES", drop: 4}, {name: "TIME"}, {name: "CACHE"}}, rows, verbose)
	u.untilNotes(s)
	u.rankCuts(s)
	for _, v := range s.Vars {
		u.printf("variable %s: %s\n", v.Name, v.Value)
	}
	for _, r := range s.Recipes {
		u.printf("recipe %s/: %s\n", r.Load, strings.TrimSpace(r.Path+" "+r.Set))
	}
	for _, c := range s.Commands {
		u.command(c)
	}
	if w := s.Sweep; w != nil {
		var axes []string
		for _, axis := range p.Recipe.Sweep.Axes {
			axes = append(axes, axis.String())
		}
		u.printf("sweep: %s (%s) over %s, for %s\n", printable.Count(w.Trials, "trial"), w.Search, strings.Join(axes, ", "), strings.Join(w.Goals, " and "))
	}
	if s.Outcomes != nil {
		u.outcomes(*s.Outcomes, verbose)
	}
	if verbose && s.Acknowledged > 0 {
		u.printf("acknowledged: %s that their stages allow\n", printable.Count(s.Acknowledged, "warning"))
	}
	u.foreseen(s)
	u.printf("peak memory: %s\n", size(s.Peak))
}

// foreseen says how long a run takes.
func (u *ui) foreseen(s plan.Summary) {
	if s.Time == nil || s.Outcomes != nil && s.Outcomes.UpToDate {
		return
	}
	var notes string
	if len(s.Commands) > 0 {
		notes += ", without the commands that measure scores"
	}
	if s.Time.Guessed {
		notes += " (a guess: there is no earlier run on this machine to go by)"
	}
	u.printf("time: %s%s\n", about(time.Duration(s.Time.Time)), notes)
}

// about is a duration as an estimate gives it, with no more digits than are likely to be right.
func about(d time.Duration) string {
	switch {
	case d < 950*time.Millisecond:
		return "under a second"
	case d < 59500*time.Millisecond:
		return fmt.Sprintf("about %s s", roughly(d.Seconds()))
	case d < 119*time.Minute/2:
		return fmt.Sprintf("about %s min", roughly(d.Minutes()))
	}
	return fmt.Sprintf("about %s h", roughly(d.Hours()))
}

// roughly has one digit below ten, and two from there on.
func roughly(x float64) string {
	if x < 9.5 {
		return fmt.Sprintf("%.0f", x)
	}
	return fmt.Sprintf("%.2g", x)
}

// briefly is the part of a stage, where it is worth naming.
func briefly(nanoseconds int64) string {
	d := time.Duration(nanoseconds)
	switch {
	case d < 50*time.Millisecond:
		return ""
	case d < 9950*time.Millisecond:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return strings.TrimPrefix(about(d), "about ")
}

// outcomes says what a run would do with each output, and why.
func (u *ui) outcomes(all plan.Outcomes, verbose bool) {
	for _, o := range all.Outputs {
		note := ""
		if o.Note != "" {
			note = ": " + o.Note
		}
		u.printf("output %s: %s%s\n", o.Path, string(o.Does), note)
		if o.ReadBy != "" {
			u.printf("  %s\n", o.ReadBy)
		}
		for _, d := range o.Why {
			if !verbose {
				d.Was, d.Is = shortHash(d.Was), shortHash(d.Is)
			}
			u.printf("  %s: %s: was %s, is %s\n", d.Stage, d.What, d.Was, d.Is)
		}
	}
	for _, text := range all.Renews {
		u.printf("the lock would be renewed: %s\n", text)
	}
	for _, text := range all.Refused {
		u.printf("a run refuses this, until it is reviewed and run with --update-lock: %s\n", text)
	}
}

// command shows one that measures scores, and what is known of these.
func (u *ui) command(c plan.Command) {
	known := "a run finds out which of its scores are known"
	if c.Known != nil {
		known = fmt.Sprintf("%d of %s known", *c.Known, printable.Count(c.Scores, "score"))
	}
	if c.Took > 0 {
		known += ", " + c.Took.Round(100*time.Millisecond).String() + " for the last adapter"
	}
	u.printf("command of %s: %s\n  scores %s: %s\n", c.Stage, command.Line(c.Words), strings.Join(c.Tasks, ", "), known)
}

// cached says what a run would find in the cache.
func cached(c *plan.StageCache) string {
	switch {
	case c == nil:
		return ""
	case !c.Kept:
		return "not kept"
	case c.Until != "":
		return untilWords[c.Until].short
	case *c.Hits == c.Modules:
		return "hit"
	case *c.Hits == 0:
		return "miss"
	}
	return fmt.Sprintf("partly (%d of %d)", *c.Hits, c.Modules)
}

// rankCuts say of each stage that brings ΔW to a rank what is known of what that leaves out.
func (u *ui) rankCuts(s plan.Summary) {
	for _, n := range s.Stages {
		switch c := n.Cut; {
		case c == nil || s.Outcomes != nil && s.Outcomes.UpToDate:
		case c.Modules == 0:
			u.printf("%s (%s): rank %s keeps all of ΔW, whose rank is %s at most\n", n.Stage, n.Verb, span(c.Rank), span(c.Of))
		default:
			u.printf("%s (%s): rank %s may cut ΔW, whose rank is %s at most, at %d of %s; a run says what that leaves out\n",
				n.Stage, n.Verb, span(c.Rank), span(c.Of), c.Modules, printable.Count(c.AllModules, "module"))
		}
	}
}

// untilWords say why it is not known what the cache has of a stage.
var untilWords = map[plan.Until]struct{ short, long string }{
	plan.UntilRead:     {"once read", "what the cache has of it is known once its inputs have been read, for the first time or since they changed"},
	plan.UntilSurveyed: {"once surveyed", "what the cache has of it is known once the run has surveyed whole adapters"},
	plan.UntilCounted:  {"not counted", "of so many modules a plan does not count what the cache has; a run uses it all the same"},
}

// untilNotes explain such words where the table has them.
func (u *ui) untilNotes(s plan.Summary) {
	told := make(map[plan.Until]bool)
	for _, n := range s.Stages {
		if n.Cache == nil || n.Cache.Until == "" || told[n.Cache.Until] {
			continue
		}
		told[n.Cache.Until] = true
		u.printf("%s: %s\n", untilWords[n.Cache.Until].short, untilWords[n.Cache.Until].long)
	}
}

// space names how a delta is held, since that is what it costs.
func space(n plan.StageSummary) string {
	if n.Held == n.Space {
		return n.Space
	}
	return n.Space + " (" + n.Held + ")"
}

func span(r plan.Range) string {
	if r.Min == r.Max {
		return figure(r.Min)
	}
	return figure(r.Min) + "–" + figure(r.Max)
}

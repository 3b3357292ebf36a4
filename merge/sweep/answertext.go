package sweep

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/loramerge/loramerge/internal/mapkeys"
	"github.com/loramerge/loramerge/internal/printable"
	"github.com/loramerge/loramerge/internal/stats"
	"github.com/loramerge/loramerge/merge/evaluate"
)

// say writes the answer in sentences.
func (a *Answer) say(e Evidence) {
	switch {
	case a.Pick == nil && len(a.Front) == 0:
		a.Text = "No trial has reached the goal: there is nothing to compare with what you have."
	case len(a.Verdicts) == 0:
		a.Text = fmt.Sprintf("What you have is the best of what was tried (%s): keep it.", printable.Count(a.Trials, "trial"))
	case a.Pick != nil:
		a.Text = a.Verdicts[0].Sentence()
	default:
		var all []string
		for _, v := range a.Verdicts {
			all = append(all, v.Sentence())
		}
		a.Text = strings.Join(all, " ")
	}
	for _, remark := range []string{a.aboutTest(), a.aboutLuck(), a.aboutMore(), a.aboutAlike(), a.aboutSeeds(e), a.aboutRefused(), a.aboutLooks(), a.aboutFailed()} {
		if remark != "" {
			a.Remarks = append(a.Remarks, remark)
		}
	}
}

// Sentence is a verdict as people read it.
func (v *Verdict) Sentence() string {
	if len(v.Goals) == 1 {
		return fmt.Sprintf("Trial %d is %s", v.Trial, v.Goals[0].alone())
	}
	var parts []string
	for _, g := range v.Goals {
		parts = append(parts, g.Goal+" is "+g.among())
	}
	is := map[Outcome]string{Better: "better than what you have", Worse: "worse than what you have", NotBetter: "not better than what you have",
		Trade: "better than what you have in one goal and worse in another"}[v.Outcome]
	return fmt.Sprintf("Trial %d is %s: %s.", v.Trial, is, strings.Join(parts, ", "))
}

func (g *GoalVerdict) alone() string {
	switch {
	case g.Difference == nil:
		return "not better than what you have, as far as is known: " + g.Why + ". Keep what you have."
	case g.Difference.Bounds == nil:
		return "not better than what you have, as far as is known: " + g.Difference.Unbounded + ". Keep what you have."
	case g.Outcome == Better:
		return "better than what you have by " + By(g.Difference) + "."
	case g.Outcome == Worse:
		return "worse than what you have by " + By(negative(g.Difference)) + ": keep what you have."
	case g.Difference.Unchanged:
		return fmt.Sprintf("not better than what you have: none of %s scored differently. Keep what you have.", printable.Count(g.Difference.Documents, "document"))
	}
	return "not better than what you have: keep it. The difference is " + By(g.Difference) + "."
}

func (g *GoalVerdict) among() string {
	switch {
	case g.Difference == nil:
		return "not compared (" + g.Why + ")"
	case g.Difference.Bounds == nil:
		return "not compared (" + g.Difference.Unbounded + ")"
	case g.Outcome == Better:
		return "better by " + By(g.Difference)
	case g.Outcome == Worse:
		return "worse by " + By(negative(g.Difference))
	}
	return "not shown to differ, " + By(g.Difference)
}

// Number is one of a goal as people read it: a loss and what was forgotten with their own sign.
func (a *Answer) Number(goal int, x float64) string {
	if a.Goals[goal].Turned {
		x = 0 - x
	}
	return strconv.FormatFloat(x, 'g', 4, 64)
}

// ReachedText is what was reached of a goal, with the task that decides.
func (a *Answer) ReachedText(goal int, r *Reached) string {
	if r.Figure == nil {
		return "–"
	}
	text := a.Number(goal, r.Figure.Value)
	if r.Task != "" && !strings.HasSuffix(r.Goal, ": "+r.Task) {
		text += " (" + r.Task + ")"
	}
	return text
}

// DifferenceText is by how much more of a goal was reached.
func (g *GoalVerdict) DifferenceText() string {
	if g.Difference == nil {
		return "–"
	}
	return By(g.Difference)
}

// By is a difference with its interval, to two digits of its standard error.
func By(f *evaluate.Figure) string {
	n, scale := 3, f.SE
	if scale == 0 && f.Bounds != nil {
		scale = (f.Bounds.Upper - f.Bounds.Lower) / 4
	}
	if scale > 0 {
		n = int(max(0, min(9, 1-math.Floor(math.Log10(scale)))))
	}
	number := func(x float64) string {
		text := strconv.FormatFloat(x, 'f', n, 64)
		if strings.Trim(text, "-0.") == "" {
			text = strings.TrimPrefix(text, "-")
		}
		return text
	}
	if f.Bounds == nil {
		return number(f.Value)
	}
	return fmt.Sprintf("%s (%s to %s)", number(f.Value), number(f.Bounds.Lower), number(f.Bounds.Upper))
}

// negative is a difference the other way around.
func negative(f *evaluate.Figure) *evaluate.Figure {
	out := *f
	out.Value = -f.Value
	if f.Bounds != nil {
		out.Bounds = &evaluate.Bounds{Lower: -f.Bounds.Upper, Upper: -f.Bounds.Lower}
	}
	return &out
}

// aboutTest says what the intervals are of.
func (a *Answer) aboutTest() string {
	v := a.first()
	if v == nil {
		return ""
	}
	d := v.Goals[0].Difference
	documents := "the documents"
	if d.Documents > 0 {
		documents = printable.Count(d.Documents, "document")
	}
	text := fmt.Sprintf("Measured on %s of `test`, which no trial had seen, side by side with the recipe as it stands; %s %g %% confidence", documents,
		printable.Choose(len(a.Verdicts)*len(a.Goals), "the interval has", "the intervals together have"), 100*Confidence)
	if d.Wide {
		text += ". It is wide, since the evaluator does not write the scores of single documents"
	}
	if d.FellOut > 0 {
		text += fmt.Sprintf(". %s could not be paired", printable.Count(d.FellOut, "document"))
	}
	return text + "."
}

// first is the first verdict that has numbers.
func (a *Answer) first() *Verdict {
	for _, v := range a.Verdicts {
		if v.Goals[0].Difference != nil {
			return v
		}
	}
	return nil
}

// aboutLuck says how much of what a pick has on `select` means nothing.
func (a *Answer) aboutLuck() string {
	if a.Pick == nil || len(a.Goals) > 1 || a.first() == nil || a.Trials < 2 {
		return ""
	}
	g := a.Verdicts[0].Goals[0]
	text := fmt.Sprintf("On `select` it was the best of %s, better than what you have by %s.", printable.Count(a.Trials, "trial"), short(g.OnSelect))
	if g.Luck > 0 {
		about := "about"
		if a.Spread != nil { // the mean of several seeds has less of it
			about = "up to about"
		}
		text += fmt.Sprintf(" By luck alone, the best of so many that are all as good as what you have would be better there by %s %s.", about, short(g.Luck))
	}
	return text
}

// aboutMore says how many documents would show a difference that was not shown.
func (a *Answer) aboutMore() string {
	if a.Pick == nil || len(a.Goals) > 1 || a.first() == nil {
		return ""
	}
	g := a.Verdicts[0].Goals[0]
	d := g.Difference
	if g.Outcome != NotBetter || d.Bounds == nil || d.Unchanged || d.Documents == 0 || !(d.Value > 0) {
		return ""
	}
	n, ok := stats.Needed(d.SE*math.Sqrt(float64(d.Documents)), d.Value, (1+a.Confidence)/2)
	if !ok || n <= d.Documents {
		return ""
	}
	return fmt.Sprintf("If it truly is better by %s, about %s of `test` are needed to show it half of the time.", short(d.Value), printable.Count(n, "document"))
}

func (a *Answer) aboutAlike() string {
	if len(a.Alike) == 0 {
		return ""
	}
	var pairs []string
	for _, p := range a.Alike {
		pairs = append(pairs, fmt.Sprintf("%d and %d", p[0], p[1]))
	}
	return "Not shown to differ on `test`, in any goal: trials " + strings.Join(pairs, ", ") + " (0 is the recipe as it stands)."
}

func (a *Answer) aboutSeeds(e Evidence) string {
	if a.Spread == nil {
		return ""
	}
	var parts []string
	for i, g := range a.Goals {
		parts = append(parts, fmt.Sprintf("%s by %s", g.Goal, short(a.Spread.SD[i])))
	}
	text := fmt.Sprintf("Over %s, a trial's goals vary by one standard deviation of: %s.", printable.Count(a.Spread.Seeds, "seed"), strings.Join(parts, ", "))
	for _, t := range append([]*Trial{e.Stood}, e.Trials...) {
		chosen := func(v *Verdict) bool { return t.Number == 0 || v.Trial == t.Number }
		if len(t.Repeats) > 1 && slices.ContainsFunc(a.Verdicts, chosen) {
			return text + fmt.Sprintf(" On `test`, seed %d was measured.", t.Repeats[0].Seed)
		}
	}
	return text
}

func (a *Answer) aboutRefused() string {
	var all []string
	for _, name := range mapkeys.Sorted(a.Refused) {
		all = append(all, fmt.Sprintf("%s (%s)", name, a.Refused[name]))
	}
	if len(all) == 0 {
		return ""
	}
	return "Without " + strings.Join(all, ", ") + "."
}

// aboutLooks warns of a test that is no longer one.
func (a *Answer) aboutLooks() string {
	if a.Looks <= max(1, len(a.Verdicts)) {
		return ""
	}
	return fmt.Sprintf("For this recipe, %d adapters have been scored on `test` by now. Whoever goes on until one is better will find one: choose `test` anew before the next sweep.", a.Looks)
}

func (a *Answer) aboutFailed() string {
	if a.Failed == 0 {
		return ""
	}
	return fmt.Sprintf("%s failed.", printable.Count(a.Failed, "trial"))
}

// short is a number as sentences have it.
func short(x float64) string { return strconv.FormatFloat(x, 'g', 2, 64) }

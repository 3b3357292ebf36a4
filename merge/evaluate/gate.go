package evaluate

import (
	"cmp"
	"fmt"
	"math"
	"strings"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/stats"
	"github.com/loramerge/loramerge/stages"
)

// Outcome is what became of a gate.
type Outcome string

// Outcomes.
const (
	Passed    Outcome = "passed"
	Missed    Outcome = "missed"
	Undecided Outcome = "undecided" // the bounds lie on both sides of what the gate asks for
	Unchecked Outcome = "unchecked" // there is nothing to compare with
	Failed    Outcome = "error"     // it can't be judged
)

// Verdict is a gate's on a candidate.
type Verdict struct {
	At        fault.Position `json:"-"`
	Gate      string         `json:"gate"` // in the recipe's words
	Candidate string         `json:"candidate"`
	Outcome   Outcome        `json:"outcome"`
	Task      string         `json:"task,omitempty"`   // that decides: the worst, or the gate's own
	Figure    *Figure        `json:"figure,omitempty"` // that is held against the limits
	AtLeast   *float64       `json:"at_least,omitempty"`
	AtMost    *float64       `json:"at_most,omitempty"`
	Needed    int            `json:"documents_needed,omitempty"` // that would decide, about; 0 for no known number
	Text      string         `json:"text"`                       // why, in a sentence

	shown *Figure // whose bounds the text has, if not Figure's
}

// verdict holds a candidate against a gate.
func (j *Judgement) verdict(g *stages.Gate, c *Candidate, scores *Scores, against map[string]*Scores) *Verdict {
	v := &Verdict{At: g.At, Gate: words(g), Candidate: c.Name, AtLeast: g.AtLeast, AtMost: g.AtMost}
	var each []*Figure // of the tasks, which is what a number of documents is of
	var text string
	switch {
	case g.Recovered != "":
		each, text = v.recovered(g.Recovered, c)
	case g.Forgotten != "":
		each, text = v.forgotten(g.Forgotten, c)
	case g.Against != "":
		if each, text = v.against(j, g, c, against[g.Against]); v.Outcome == Unchecked {
			v.Text = text
			return v
		}
	default:
		if r := c.result(g.Task); r != nil && r.Score != nil {
			v.Task, v.Figure = r.Task, r.Score
			each, text = []*Figure{r.Score}, short(r.Score.Value)
		} else {
			text = "it was not scored"
		}
	}
	return v.decide(each, text, j.Confidence)
}

// words are a gate as it is written.
func words(g *stages.Gate) string {
	var parts []string
	for _, p := range [][2]string{{"recovered", g.Recovered}, {"forgotten", g.Forgotten}, {"task", g.Task}, {"against", g.Against}} {
		if p[1] != "" {
			parts = append(parts, p[0]+" "+p[1])
		}
	}
	if g.AtLeast != nil {
		parts = append(parts, "at-least "+plain(*g.AtLeast))
	}
	if g.AtMost != nil {
		parts = append(parts, "at-most "+plain(*g.AtMost))
	}
	if g.Against != "" {
		parts = append(parts, "margin "+plain(g.Margin))
	}
	return strings.Join(parts, ", ")
}

func plain(x float64) string { return fmt.Sprintf("%g", x) }

// recovered is of one task, the worst, or the mean. Tasks that were refused are named.
func (v *Verdict) recovered(what string, c *Candidate) (each []*Figure, text string) {
	for _, r := range c.Results {
		if r.Recovered != nil && (what == "worst" || what == "mean" || what == r.Task) {
			each = append(each, r.Recovered)
		}
	}
	var without string
	if len(c.Refused) > 0 {
		var all []string
		for _, name := range c.Refused {
			all = append(all, fmt.Sprintf("%s (%s)", name, c.result(name).Refused))
		}
		without = "without " + strings.Join(all, ", ")
	}
	switch what {
	case "worst":
		v.Figure, v.Task = c.Worst, c.WorstTask
	case "mean":
		v.Figure = c.Mean
	default:
		v.Task = what
		if r := c.result(what); r == nil || r.Recovered == nil {
			return nil, "no share: " + refusal(r)
		}
		v.Figure, without = each[0], ""
	}
	if v.Figure == nil {
		return nil, "no task has a share: " + strings.TrimPrefix(without, "without ")
	}
	text = short(v.Figure.Value)
	if what == "worst" {
		text += " (" + v.Task + ")"
	}
	return each, strings.TrimSpace(text + " " + without)
}

func refusal(r *Result) string {
	if r == nil || r.Refused == "" {
		return "the task has no expert"
	}
	return r.Refused
}

// forgotten is of one task without an expert, or of that which lost most.
func (v *Verdict) forgotten(what string, c *Candidate) (each []*Figure, text string) {
	var most *Figure // negated, so that the worst is the least
	for _, r := range c.Results {
		if r.Forgotten == nil || (what != "worst" && what != r.Task) {
			continue
		}
		if f := r.Forgotten.negated(); most == nil || f.Value < most.Value {
			v.Task = r.Task
			most = least(most, f)
		} else {
			most = least(most, f)
		}
		each = append(each, r.Forgotten)
	}
	if most == nil {
		return nil, "no task without an expert was compared with the base"
	}
	v.Figure = most.negated()
	return each, fmt.Sprintf("%s (%s)", short(v.Figure.Value), v.Task)
}

// against is how much better a candidate is than in other scores.
func (v *Verdict) against(j *Judgement, g *stages.Gate, c *Candidate, other *Scores) (each []*Figure, text string) {
	least := -g.Margin
	v.AtLeast, v.AtMost, v.Task = &least, nil, g.Task
	r, was := c.result(g.Task), other.counterpart(c.Name, len(j.Candidates)).score(g.Task)
	switch {
	case r == nil || r.score == nil:
		return nil, "it was not scored"
	case was == nil:
		v.Outcome = Unchecked
		return nil, "nothing to compare with: " + in(g) + " has no such score"
	case was.Digest == r.score.Digest:
		v.Outcome = Unchecked
		return nil, "compared with itself: " + in(g) + " has this very score"
	}
	if why := unlike(was, r.score); why != "" {
		text = "the score in " + in(g) + " was measured under other conditions (" + why + ")"
		if g.AgainstLocked() {
			text += "; --force renews the lock"
		}
		return nil, text
	}
	var minimize bool
	for _, t := range j.Tasks {
		minimize = minimize || (t.Name == g.Task && t.minimize())
	}
	d := difference(r.score, was, j.Confidence)
	v.Figure = d.better(minimize)
	how := "better"
	v.shown = v.Figure
	if v.Figure.Value < 0 {
		how, v.shown = "worse", v.Figure.negated()
	}
	text = fmt.Sprintf("%.4g against %.4g in %s: %s by %s", r.score.Value, was.Value, in(g), how, short(v.shown.Value))
	if d.Unchanged {
		text = fmt.Sprintf("%.4g as in %s: no document of %d changed", was.Value, in(g), d.Documents)
	}
	return []*Figure{v.Figure}, text
}

// in names what a gate compares with.
func in(g *stages.Gate) string {
	if g.AgainstLocked() {
		return "the lock"
	}
	return g.Against
}

// counterpart is the adapter of that name, or the only one there is for the only one that asks: a
// stage may have been renamed.
func (s *Scores) counterpart(name string, asking int) *Scored {
	if s == nil {
		return nil
	}
	if found := named(s.Candidates, name); found != nil || asking != 1 || len(s.Candidates) != 1 {
		return found
	}
	return s.Candidates[0]
}

// decide compares the bounds with what was asked for.
func (v *Verdict) decide(each []*Figure, text string, confidence float64) *Verdict {
	v.Text = text
	if v.Figure == nil {
		v.Outcome = Failed
		return v
	}
	if v.Figure.Bounds == nil {
		v.Outcome, v.Text = Failed, text+": "+v.Figure.Unbounded+"; let it write the scores of the documents"
		return v
	}
	low, high := limits(v.AtLeast, v.AtMost)
	b, shown := v.Figure.Bounds, cmp.Or(v.shown, v.Figure).Bounds
	v.Text += fmt.Sprintf(", between %s and %s (each bound with %g %% confidence)", short(shown.Lower), short(shown.Upper), 100*confidence)
	if v.Figure.Wide {
		v.Text += "; wide, since there are no documents to pair"
	}
	switch {
	case b.Lower >= low && b.Upper <= high:
		v.Outcome = Passed
	case b.Upper < low || b.Lower > high:
		v.Outcome = Missed
	default:
		v.Outcome = Undecided
		v.Text += v.needed(each, confidence)
	}
	return v
}

func limits(atLeast, atMost *float64) (low, high float64) {
	low, high = math.Inf(-1), math.Inf(1)
	if atLeast != nil {
		low = *atLeast
	}
	if atMost != nil {
		high = *atMost
	}
	return low, high
}

// needed sets how many documents would decide, if the numbers stayed as they are: the most that
// any of the tasks needs that are not decided.
func (v *Verdict) needed(each []*Figure, confidence float64) string {
	low, high := limits(v.AtLeast, v.AtMost)
	if v.Task == "" { // a mean
		each = []*Figure{v.Figure}
	}
	for _, f := range each {
		if b := f.Bounds; (b.Lower >= low && b.Upper <= high) || b.Upper < low || b.Lower > high {
			continue
		}
		n, ok := f.needed(low, high, confidence)
		if !ok {
			v.Needed = 0
			return "; more documents would decide"
		}
		v.Needed = max(v.Needed, n)
	}
	return fmt.Sprintf("; about %d documents would decide", v.Needed)
}

// needed is the number of documents whose bounds would no longer hold a limit.
func (f *Figure) needed(low, high, confidence float64) (int, bool) {
	margin := min(math.Abs(f.Value-low), math.Abs(f.Value-high))
	switch {
	case f.Documents == 0 || margin == 0:
		return 0, false
	case f.hidden > 0: // which shrinks as 1/n
		n := math.Ceil(float64(f.Documents) * f.hidden / margin)
		return int(n), n < 1e12
	case !f.rate:
		n, ok := stats.Needed(f.SE*math.Sqrt(float64(f.Documents)), margin, confidence)
		return n, ok && n > f.Documents
	}
	for n := f.Documents; n < 1e9; n += n/16 + 1 { // Wilson's bounds have no simple inverse
		b := stats.Wilson(int(math.Round(f.Value*float64(n))), n, confidence)
		if (b.Lower >= low && b.Upper <= high) || b.Upper < low || b.Lower > high {
			return n, true
		}
	}
	return 0, false
}

package sweep

import (
	"maps"

	"github.com/loramerge/loramerge/merge/evaluate"
)

// Outcome is what a trial is beside the recipe as it stands.
type Outcome string

// Outcomes.
const (
	Better    Outcome = "better" // in a goal, and worse in none
	Worse     Outcome = "worse"
	Trade     Outcome = "trade"      // better in one goal and worse in another
	NotBetter Outcome = "not better" // as far as the documents tell
)

// Verdict is that on a trial that was chosen.
type Verdict struct {
	Trial   int            `json:"trial"`
	Outcome Outcome        `json:"outcome"`
	Goals   []*GoalVerdict `json:"goals"`
}

// GoalVerdict is that on one goal.
type GoalVerdict struct {
	Reached
	Outcome    Outcome          `json:"outcome"`
	Difference *evaluate.Figure `json:"difference,omitempty"` // to the recipe as it stands, on `test`; larger is better
	OnSelect   float64          `json:"on_select"`            // what the trial was chosen for: the difference there
	Luck       float64          `json:"luck,omitempty"`       // what of that the best of as many equally good trials has, on average; with one goal
}

// judging compares trials on `test`.
type judging struct {
	Evidence
	answer *Answer
	goals  []*evaluate.Goal // nil for those that nothing reaches
	none   []string         // why
}

func (j *judging) begin() {
	scores := new(evaluate.Scores)
	if j.Test != nil {
		*scores = *j.Test
	}
	if stood := j.Tested[0]; stood != nil {
		scores.Candidates = []*evaluate.Scored{stood} // which says what is better, if nothing else does
	}
	for _, g := range j.Goals {
		goal, err := evaluate.NewGoal(g, j.Asked, scores)
		why := ""
		if err != nil {
			why = err.Error()
		} else {
			maps.Copy(j.answer.Refused, goal.Refused)
		}
		j.goals, j.none = append(j.goals, goal), append(j.none, why)
	}
	for i, g := range j.Goals {
		j.answer.Goals = append(j.answer.Goals, GoalName{g.String(), j.goals[i] != nil && j.goals[i].Turned()})
		r := j.reached(0, i)
		j.answer.Stood = append(j.answer.Stood, &r)
	}
}

// reached is what a trial reaches of goal i.
func (j *judging) reached(trial, i int) Reached {
	out := Reached{Goal: j.Goals[i].String(), Why: j.none[i]}
	if out.Why != "" {
		return out
	}
	of := j.Tested[trial]
	if of == nil {
		out.Why = "it was not scored on `test`"
		return out
	}
	out.Figure, out.Task, out.Why = j.goals[i].Figure(of, (1+j.answer.Confidence)/2)
	return out
}

// verdict is that on a trial.
func (j *judging) verdict(t *Trial) *Verdict {
	v := &Verdict{Trial: t.Number}
	seen := make(map[Outcome]bool)
	for i := range j.Goals {
		g := &GoalVerdict{Reached: j.reached(t.Number, i)}
		g.Difference, g.Why = j.difference(t.Number, 0, i, j.answer.Confidence)
		g.Outcome = outcome(g.Difference)
		g.OnSelect = t.Goals[i] - j.Stood.Goals[i]
		if len(j.Goals) == 1 {
			g.Luck = luck(j.answer.Trials, g.Difference, t.Documents)
		}
		seen[g.Outcome] = true
		v.Goals = append(v.Goals, g)
	}
	switch {
	case seen[Better] && seen[Worse]:
		v.Outcome = Trade
	case seen[Better]:
		v.Outcome = Better
	case seen[Worse]:
		v.Outcome = Worse
	default:
		v.Outcome = NotBetter
	}
	return v
}

// difference of two trials in goal i, or why there is none.
func (j *judging) difference(first, second, i int, confidence float64) (*evaluate.Figure, string) {
	a, b := j.Tested[first], j.Tested[second]
	switch {
	case j.none[i] != "":
		return nil, j.none[i]
	case a == nil || b == nil:
		return nil, "it was not scored on `test`"
	}
	return j.goals[i].Difference(a, b, confidence)
}

// outcome is what an interval says: only one that is all above 0 is better.
func outcome(f *evaluate.Figure) Outcome {
	switch {
	case f == nil || f.Bounds == nil:
		return NotBetter
	case f.Bounds.Lower > 0:
		return Better
	case f.Bounds.Upper < 0:
		return Worse
	}
	return NotBetter
}

// alike are pairs of trials of the front of which neither is better than the other in any goal, as far as
// the documents tell.
func (j *judging) alike(front []*Trial) (out [][2]int) {
	for i, a := range front {
		for _, b := range front[i+1:] {
			apart := false
			for g := range j.Goals {
				f, _ := j.difference(a.Number, b.Number, g, Confidence)
				apart = apart || outcome(f) != NotBetter
			}
			if !apart {
				out = append(out, [2]int{a.Number, b.Number})
			}
		}
	}
	return out
}

package evaluate

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/stats"
	"github.com/loramerge/loramerge/merge/evaluate/results"
	"github.com/loramerge/loramerge/stages"
)

// Judge judges the candidates by their scores. The scores that gates compare with are by the
// gates' Against; there is nothing to compare with where they are nil or absent. Its errors are
// Faults: a metric of which nobody says whether more is better.
func Judge(e *stages.Evaluation, scores *Scores, against map[string]*Scores) (*Judgement, error) {
	j := &Judgement{Confidence: e.Confidence, Tasks: []*Task{}, Candidates: []*Candidate{}, Gates: []*Verdict{}}
	var wrong *multierror.Error
	for i := range e.Tasks {
		task, err := j.task(&e.Tasks[i], scores)
		if err != nil {
			wrong = multierror.Append(wrong, err)
			continue
		}
		j.Tasks = append(j.Tasks, task)
	}
	if err := wrong.ErrorOrNil(); err != nil {
		return nil, err
	}
	j.takeNotes(scores)
	for _, expert := range scores.Experts {
		j.suspect(scores.Base, expert)
	}
	for _, s := range scores.Candidates {
		c := j.candidate(s, scores)
		c.NotApplied = j.suspect(scores.Base, s)
		j.Candidates = append(j.Candidates, c)
	}
	for i := range e.Gates {
		for _, c := range j.Candidates {
			j.Gates = append(j.Gates, j.verdict(&e.Gates[i], c, scores, against))
		}
	}
	return j, nil
}

// takeNotes takes over what the evaluators' results say that their user should know, each once.
func (j *Judgement) takeNotes(scores *Scores) {
	seen := make(map[string]bool)
	note := func(task, text string) {
		if text = task + ": " + text; !seen[text] {
			seen[text] = true
			j.Notes = append(j.Notes, text)
		}
	}
	for _, t := range j.Tasks {
		for _, s := range slices.Concat([]*Scored{scores.Base}, scores.Experts, scores.Candidates) {
			score := s.score(t.Name)
			if score == nil {
				continue
			}
			for _, text := range score.Notes {
				note(t.Name, text)
			}
			if score.Missing > 0 {
				note(t.Name, fmt.Sprintf("%d documents have no score of %s", score.Missing, s.Name))
			}
		}
	}
}

// task takes together what is known of a task: which direction is better, base and expert.
func (j *Judgement) task(t *stages.Task, scores *Scores) (*Task, error) {
	expert := named(scores.Experts, t.Expert)
	out := &Task{Name: t.Name, Metric: t.Metric, Direction: results.Direction(t.Direction)}
	base, own := scores.Base.score(t.Name), expert.score(t.Name)
	all := []*Score{base, own}
	for _, c := range scores.Candidates {
		all = append(all, c.score(t.Name))
	}
	for _, s := range all {
		if s != nil && out.Direction == results.Unstated {
			out.Direction = s.Direction
		}
		if s != nil {
			out.Split = s.Split
		}
	}
	if out.Direction == results.Unstated {
		return nil, Undirected(t)
	}
	out.Base, out.Score = base.figure(j.Confidence), own.figure(j.Confidence)
	if expert != nil {
		out.Expert = expert.Name
	}
	if base != nil && own != nil {
		if out.Unlike = unlike(base, own); out.Unlike == "" {
			out.Gain = difference(own, base, j.Confidence).better(out.minimize())
		}
	}
	return out, nil
}

// Undirected is the Fault of a task of which neither the recipe nor the evaluator says which
// scores are better.
func Undirected(t *stages.Task) *fault.Fault {
	return fault.At(t.At, "the evaluator does not say whether more of %s is better or less", fault.Quote(cmp.Or(t.Metric, t.Name))).Mend("write `direction: maximize` or `direction: minimize` beside the metric")
}

func (t *Task) minimize() bool { return t.Direction == results.Minimize }

func (j *Judgement) candidate(s *Scored, scores *Scores) *Candidate {
	c := &Candidate{Name: s.Name}
	for _, t := range j.Tasks {
		r := &Result{Task: t.Name, score: s.score(t.Name)}
		c.Results = append(c.Results, r)
		r.Score = r.score.figure(j.Confidence)
		base, expert := scores.Base.score(t.Name), named(scores.Experts, t.Expert).score(t.Name)
		if t.Expert != "" {
			r.Recovered, r.Refused = j.recovered(t, base, expert, r.score)
			if r.Recovered == nil {
				c.Refused = append(c.Refused, t.Name)
			}
		}
		if base == nil || r.score == nil {
			continue
		}
		if r.Unlike = unlike(base, r.score); r.Unlike != "" {
			continue
		}
		r.Change = difference(r.score, base, j.Confidence)
		if t.Expert == "" {
			r.Forgotten = r.Change.better(!t.minimize())
		}
	}
	c.summarize(j.Confidence)
	return c
}

// recovered is a task's share, or why it has none.
func (j *Judgement) recovered(t *Task, base, expert, merged *Score) (*Figure, string) {
	for _, s := range []struct {
		what  string
		score *Score
	}{{"the base", base}, {"its expert", expert}, {"the merge", merged}} {
		if s.score == nil {
			return nil, s.what + " was not scored"
		}
	}
	for _, other := range []*Score{expert, merged} {
		if why := unlike(base, other); why != "" {
			return nil, "it was not measured under one condition (" + why + ")"
		}
	}
	return share(base, expert, merged, t.minimize(), j.Confidence)
}

// summarize takes the shares together. The bound of the least is the least of the bounds, which
// needs no correction for the number of tasks (intersection–union; Berger, "Multiparameter
// hypothesis testing and acceptance sampling", 1982). The mean's error is √ΣSE²/K, of tasks that
// are independent of each other.
func (c *Candidate) summarize(confidence float64) {
	mean, known := &Figure{}, true
	var k float64
	for _, r := range c.Results {
		f := r.Recovered
		if f == nil {
			continue
		}
		if c.Worst == nil || f.Value < c.Worst.Value {
			c.WorstTask = r.Task
		}
		c.Worst = least(c.Worst, f)
		k++
		mean.Value += f.Value
		mean.SE = math.Hypot(mean.SE, f.SE)
		mean.Documents = smallest(mean.Documents, f.Documents)
		mean.Wide, known = mean.Wide || f.Wide, known && f.Bounds != nil
	}
	if k < 2 {
		c.Mean = c.Worst
		return
	}
	mean.Value, mean.SE = mean.Value/k, mean.SE/k
	interval := stats.Unknown()
	if known {
		interval = stats.Bounds(mean.Value, mean.SE, critical(confidence, mean.Documents-1))
	}
	c.Mean = mean.bound(interval, noSE).known()
}

// smallest of two numbers of documents, of which 0 is none.
func smallest(a, b int) int {
	if a == 0 || (b > 0 && b < a) {
		return b
	}
	return a
}

// least is the smaller of two shares, with the bounds of their minimum.
func least(a, b *Figure) *Figure {
	if a == nil {
		return b
	}
	out := *a
	if b.Value < a.Value {
		out = *b
	}
	switch {
	case a.Bounds == nil:
		return out.bound(stats.Unknown(), a.Unbounded)
	case b.Bounds == nil:
		return out.bound(stats.Unknown(), b.Unbounded)
	}
	return out.bound(stats.Interval{Lower: min(a.Bounds.Lower, b.Bounds.Lower), Upper: min(a.Bounds.Upper, b.Bounds.Upper)}, "")
}

// suspect notes an adapter of which every document of every task has the base's score. Without
// documents two scores must be equal: one may be by coincidence.
func (j *Judgement) suspect(base, s *Scored) bool {
	documents, tasks := 0, 0
	for task, score := range s.Scores {
		was := base.score(task)
		if was == nil {
			continue
		}
		p := pair(was, score)
		if score.Value != was.Value || (p.n() > 0 && !p.unchanged()) {
			return false
		}
		documents, tasks = documents+p.n(), tasks+1
	}
	what := "no score"
	switch {
	case documents > 0:
		what = fmt.Sprintf("no document of %d", documents)
	case tasks < 2:
		return false
	}
	j.Notes = append(j.Notes, fmt.Sprintf("%s: %s changed against the base: the adapter seems not to have been applied", s.Name, what))
	return true
}

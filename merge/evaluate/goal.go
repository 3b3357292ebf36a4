package evaluate

import (
	"fmt"
	"math"

	"github.com/loramerge/loramerge/internal/stats"
	"github.com/loramerge/loramerge/merge/evaluate/results"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// Goal is what a search is for: a number for each candidate, of which more is better. It is the
// least or the mean of what a candidate reaches on some tasks.
type Goal struct {
	// Refused says of tasks of the goal, by name, why they are not in it: there is no gain of an
	// expert that a merge could have a share of. It depends on the experts and the base alone, so
	// that all candidates have the same tasks.
	Refused map[string]string

	parts []goalPart
	mean  bool // or the least
}

// goalPart is one task of a goal.
type goalPart struct {
	task         *Task
	base, expert *Score // nil in a goal that is not about them
	share        bool   // of the expert's gain; otherwise the score, or its change against the base
}

// NewGoal says what a goal is made of, by the scores of base and experts; the candidates among the
// scores only tell which direction is better. An error says why no candidate reaches anything.
func NewGoal(g recipe.Goal, asked *stages.Evaluation, s *Scores) (*Goal, error) {
	out := &Goal{Refused: make(map[string]string), mean: g.Recovered == "mean"}
	j := &Judgement{Confidence: asked.Confidence}
	for i := range asked.Tasks {
		t := &asked.Tasks[i]
		if !asksFor(g, t) {
			continue
		}
		task, err := j.task(t, s)
		if err != nil {
			return nil, err
		}
		p := goalPart{task: task, base: s.Base.score(t.Name), share: g.Recovered != ""}
		if g.Task != "" {
			p.base = nil
		}
		if p.share {
			p.expert = named(s.Experts, t.Expert).score(t.Name)
			// An expert's share of its own gain is refused where any merge's is.
			if _, why := j.recovered(task, p.base, p.expert, p.expert); why != "" {
				out.Refused[t.Name] = why
				continue
			}
		} else if g.Forgotten != "" && p.base == nil {
			out.Refused[t.Name] = "the base was not scored"
			continue
		}
		out.parts = append(out.parts, p)
	}
	if len(out.parts) == 0 {
		return nil, out.nothing(g, asked)
	}
	return out, nil
}

// asksFor reports whether a task is one of a goal's.
func asksFor(g recipe.Goal, t *stages.Task) bool {
	switch {
	case g.Task != "":
		return g.Task == t.Name
	case g.Recovered == "worst" || g.Recovered == "mean":
		return t.Expert != ""
	case g.Forgotten == "worst":
		return t.Expert == ""
	}
	return g.Recovered == t.Name || g.Forgotten == t.Name
}

// nothing is the error of a goal without tasks.
func (g *Goal) nothing(asked recipe.Goal, e *stages.Evaluation) error {
	for _, t := range e.Tasks {
		if why, ok := g.Refused[t.Name]; ok {
			return fmt.Errorf("the goal %s has no task: %s: %s", asked, t.Name, why)
		}
	}
	return fmt.Errorf("the goal %s has no task", asked)
}

// Turned reports whether people read the numbers of a goal with the other sign: a score of which less is
// better, and what was forgotten.
func (g *Goal) Turned() bool {
	p := g.parts[0]
	return !p.share && (p.base != nil || p.minimize())
}

// Figure is a candidate's goal with bounds of that confidence on either side, and the task that
// decides a goal of the least; or why it has none.
func (g *Goal) Figure(c *Scored, confidence float64) (f *Figure, task, why string) {
	each := &Candidate{}
	for _, p := range g.parts {
		one, why := p.figure(c.score(p.task.Name), confidence)
		if why != "" {
			return nil, "", p.task.Name + ": " + why
		}
		each.Results = append(each.Results, &Result{Task: p.task.Name, Recovered: one})
	}
	each.summarize(confidence)
	if g.mean {
		return each.Mean, "", ""
	}
	return each.Worst, each.WorstTask, ""
}

// figure is what a score reaches in a part; more is better.
func (p goalPart) figure(s *Score, confidence float64) (*Figure, string) {
	if s == nil {
		return nil, "it was not scored"
	}
	if math.IsNaN(s.Value) || math.IsInf(s.Value, 0) {
		return nil, "its score is no number"
	}
	if p.base != nil {
		if why := unlike(p.base, s); why != "" {
			return nil, "it was measured under other conditions (" + why + ")"
		}
	}
	f, why := s.figure(confidence).better(p.minimize()), ""
	switch {
	case p.share:
		f, why = p.shareOf(s, confidence)
	case p.base != nil:
		f = difference(s, p.base, confidence).better(p.minimize())
	}
	if why == "" && f.Unbounded == tooLarge {
		why = tooLarge
	}
	return f, why
}

// shareOf is a share, without bounds where the expert's gain is too uncertain for that much confidence:
// the share itself does not depend on it.
func (p goalPart) shareOf(s *Score, confidence float64) (*Figure, string) {
	f, why := share(p.base, p.expert, s, p.minimize(), confidence)
	if why == "" {
		return f, ""
	}
	const none = 0.5 // confidence in one side: all shares have bounds
	if f, refused := share(p.base, p.expert, s, p.minimize(), none); refused == "" {
		return f.bound(stats.Unknown(), why), ""
	}
	return nil, why
}

func (p goalPart) minimize() bool { return p.task.Direction == results.Minimize }

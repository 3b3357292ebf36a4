package sweep

import (
	"maps"
	"math"
	"slices"

	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// referencesOf are the base and the experts for a record. Whether an expert has a gain of which there
// can be a share is asked here, where the documents are known.
func referencesOf(s *evaluate.Scores, asked *stages.Evaluation) (_ *References, err error) {
	out := &References{Experts: make(map[string]Scores), Refused: make(map[string]string)}
	if s.Base != nil {
		if out.Base, err = scoresOf(s.Base); err != nil {
			return nil, err
		}
	}
	for _, e := range s.Experts {
		if out.Experts[e.Name], err = scoresOf(e); err != nil {
			return nil, err
		}
	}
	for _, t := range asked.Tasks {
		if t.Expert == "" || s.Base == nil {
			continue
		}
		if goal, err := evaluate.NewGoal(recipe.Goal{Recovered: t.Name}, asked, s); err != nil {
			out.Refused[t.Name] = err.Error()
		} else if why := goal.Refused[t.Name]; why != "" {
			out.Refused[t.Name] = why
		}
	}
	return out, nil
}

// scores are the references as package evaluate has them.
func (r *References) scores() *evaluate.Scores {
	out := new(evaluate.Scores)
	if r == nil {
		return out
	}
	if r.Base != nil {
		out.Base = r.Base.scored("base")
	}
	for _, name := range slices.Sorted(maps.Keys(r.Experts)) {
		out.Experts = append(out.Experts, r.Experts[name].scored(name))
	}
	return out
}

// refused is why a goal has no share of a task; empty if it has.
func (r *References) refused(g recipe.Goal, task string) string {
	if g.Recovered == "" || r == nil {
		return ""
	}
	return r.Refused[task]
}

// among is what a goal asks of the tasks, without those of which no share is computed.
func (r *References) among(g recipe.Goal, asked *stages.Evaluation) *stages.Evaluation {
	without := *asked
	without.Tasks = slices.DeleteFunc(slices.Clone(asked.Tasks), func(t stages.Task) bool { return r.refused(g, t.Name) != "" })
	return &without
}

// needsReferences reports whether a goal is measured against the base.
func needsReferences(goals []recipe.Goal) bool {
	return slices.ContainsFunc(goals, func(g recipe.Goal) bool { return g.Task == "" })
}

// goals are those of an adapter; larger is better, and NaN is one that it does not reach, for the
// reason that is given with the first.
func goals(all []recipe.Goal, asked *stages.Evaluation, r *References, of Scores) (out []float64, why string) {
	references, candidate := r.scores(), of.scored("")
	for _, g := range all {
		value, reason := goalOf(g, r.among(g, asked), references, candidate)
		for _, t := range asked.Tasks {
			if refused := r.refused(g, t.Name); reason != "" && refused != "" {
				reason = refused
			}
		}
		if out = append(out, value); why == "" {
			why = reason
		}
	}
	return out, why
}

func goalOf(g recipe.Goal, asked *stages.Evaluation, references *evaluate.Scores, candidate *evaluate.Scored) (float64, string) {
	s := *references
	s.Candidates = []*evaluate.Scored{candidate}
	goal, err := evaluate.NewGoal(g, asked, &s)
	if err != nil {
		return math.NaN(), err.Error()
	}
	f, _, why := goal.Figure(candidate, asked.Confidence)
	if why != "" {
		return math.NaN(), why
	}
	return f.Value, ""
}

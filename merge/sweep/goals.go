package sweep

import (
	"maps"
	"math"
	"slices"

	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/evaluate/results"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// referencesOf are the base and the experts for a record.
func referencesOf(s *evaluate.Scores, _ *stages.Evaluation) (_ *References, err error) {
	out := &References{Experts: make(map[string]Scores)}
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
	return out, nil
}

// needsReferences reports whether a goal is measured against the base.
func needsReferences(goals []recipe.Goal) bool {
	return slices.ContainsFunc(goals, func(g recipe.Goal) bool { return g.Task == "" })
}

// goals are those of an adapter; larger is better, and NaN is one that it does not reach, for the
// reason that is given with the first.
func goals(all []recipe.Goal, asked *stages.Evaluation, r *References, of Scores) (out []float64, why string) {
	for _, g := range all {
		value, reason := goalOf(g, asked, r, of)
		if out = append(out, value); why == "" {
			why = reason
		}
	}
	return out, why
}

func goalOf(g recipe.Goal, asked *stages.Evaluation, r *References, of Scores) (float64, string) {
	parts := make(map[string]float64)
	for _, t := range asked.Tasks {
		sign, score := 1.0, of[t.Name]
		if t.Direction == string(results.Minimize) || t.Direction == "" && score.Direction == results.Minimize {
			sign = -1
		}
		switch {
		case g.Task == t.Name:
			parts[t.Name] = sign * score.Value
		case g.Forgotten != "" && t.Expert == "" && (g.Forgotten == "worst" || g.Forgotten == t.Name):
			parts[t.Name] = sign * (score.Value - r.Base[t.Name].Value)
		case g.Recovered != "" && t.Expert != "" && (g.Recovered == "worst" || g.Recovered == "mean" || g.Recovered == t.Name):
			if gain := r.Experts[t.Expert][t.Name].Value - r.Base[t.Name].Value; sign*gain > 0 {
				parts[t.Name] = (score.Value - r.Base[t.Name].Value) / gain
			}
		}
	}
	if len(parts) == 0 {
		return math.NaN(), "the goal " + g.String() + " has no task"
	}
	values := slices.Collect(maps.Values(parts))
	slices.Sort(values)
	if g.Recovered != "mean" {
		return values[0], ""
	}
	var sum float64
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values)), ""
}

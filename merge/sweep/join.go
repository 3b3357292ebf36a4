package sweep

import (
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/merge/evaluate"
)

// joined are scores of several choices of documents as scores of all of them. The first rung of
// halving has one, which may turn out to be one that can't be joined with others.
func joined(parts []*evaluate.Scores) (*evaluate.Scores, error) {
	of := func(one func(*evaluate.Scores) *evaluate.Scored) (*evaluate.Scored, error) {
		first := one(parts[0])
		out := &evaluate.Scored{Name: first.Name, Scores: make(map[string]*evaluate.Score)}
		for task := range first.Scores {
			var scores []*evaluate.Score
			for _, part := range parts {
				scores = append(scores, one(part).Scores[task])
			}
			score, err := evaluate.Join(scores...)
			if err != nil {
				return nil, fault.Wrap(err, "%s on %s", first.Name, task)
			}
			out.Scores[task] = score
		}
		return out, nil
	}
	out := new(evaluate.Scores)
	var err error
	if parts[0].Base != nil {
		if out.Base, err = of(func(s *evaluate.Scores) *evaluate.Scored { return s.Base }); err != nil {
			return nil, err
		}
	}
	for i := range parts[0].Experts {
		expert, err := of(func(s *evaluate.Scores) *evaluate.Scored { return s.Experts[i] })
		if err != nil {
			return nil, err
		}
		out.Experts = append(out.Experts, expert)
	}
	for i := range parts[0].Candidates {
		candidate, err := of(func(s *evaluate.Scores) *evaluate.Scored { return s.Candidates[i] })
		if err != nil {
			return nil, err
		}
		out.Candidates = append(out.Candidates, candidate)
	}
	return out, nil
}

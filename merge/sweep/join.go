package sweep

import (
	"fmt"

	"github.com/loramerge/loramerge/merge/evaluate"
)

// joined are scores of several choices of documents as scores of all of them.
func joined(parts []*evaluate.Scores) (*evaluate.Scores, error) {
	if len(parts) == 1 {
		return parts[0], nil
	}
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
				return nil, fmt.Errorf("%s on %s: %w", first.Name, task, err)
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

package sweep

import (
	"context"

	"github.com/loramerge/loramerge/merge/evaluate"
)

// answered is the result of a sweep whose trials are all measured: what was chosen is scored on `test`. A
// rank leaves that to the sweep without ranks, which comes after all of them.
func (s *sweeping) answered(ctx context.Context) (*Result, error) {
	r := s.result(nil)
	if s.options.Ranks > 0 || s.options.DryRun {
		return r, nil
	}
	chosen := Chosen(append([]*Trial{s.trial0}, s.trials...))
	e := Evidence{Goals: s.spec.Goals, Axes: s.spec.Axes, Asked: s.spec.Asked, Stood: s.trial0, Trials: s.trials,
		References: s.references(), Tested: make(map[int]*evaluate.Scored)}
	if len(chosen) > 0 {
		scores, err := s.tested(ctx, chosen)
		if err != nil {
			return nil, err
		}
		e.Test = scores
		for i, t := range append([]*Trial{s.trial0}, chosen...) {
			e.Tested[t.Number] = scores.Candidates[i]
		}
	}
	r.of = origin{s.path, s.source, s.options.Vars, nil, s.options.Run.Find.Of(s.path)}
	for _, axis := range s.spec.Axes {
		r.of.lists = append(r.of.lists, axis.Values...)
	}
	e.Looks = s.records.looks()
	r.Answer, r.Measured = NewAnswer(e), s.measured
	return r, nil
}

// references are those of the documents that the recipe as it stands was measured on last.
func (s *sweeping) references() *References {
	for _, e := range s.extents(len(s.trials)) {
		if record := s.records.find(e.key(s.made)); e.count == s.trial0.Documents && record != nil {
			return record.References
		}
	}
	return nil
}

package sweep

import (
	"context"
	"errors"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/run"
)

// tested scores the recipe as it stands and some trials on the documents of `test`, which no search
// has seen, beside the references. The candidates come in the order of the trials, the recipe as it
// stands first. Of a trial that is repeated it is the one with the recipe's own seed.
func (s *sweeping) tested(ctx context.Context, trials []*Trial) (*evaluate.Scores, error) {
	out := new(evaluate.Scores)
	for _, t := range append([]*Trial{s.trial0}, trials...) {
		scores, err := s.testOne(ctx, t)
		if err != nil {
			return nil, err
		}
		if t.Number == 0 {
			out.Base, out.Experts = scores.Base, scores.Experts
		}
		out.Candidates = append(out.Candidates, scores.Candidates...)
	}
	return out, nil
}

func (s *sweeping) testOne(ctx context.Context, t *Trial) (*evaluate.Scores, error) {
	p, err := s.load(t.Set, 0)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	key, err := run.Key(ctx, p, s.perTrial, run.Ask{Split: run.TestSplit, Candidates: true})
	if err != nil {
		return nil, err
	}
	if s.records.find(key) == nil {
		s.tell(Event{Trial: t, Begins: true, Testing: true})
	}
	began := s.perTrial.Clock()
	scores, counts, err := run.Score(ctx, p, s.whole, run.Ask{Split: run.TestSplit, References: t.Number == 0, Candidates: true})
	s.progress.add(counts.Measured)
	if _, refused := errors.AsType[*fault.Fault](err); refused && !s.options.Run.AllowExec {
		return nil, NotAllowed(s.stood, s.options.Run, "what was chosen on `select` is not scored on `test`")
	}
	if err != nil || s.records.find(key) != nil {
		return scores, err
	}
	r := &Record{Trial: t.Number, Set: t.Set, Split: run.TestSplit, Documents: size(s.spec.Asked.Test), Key: key, Took: s.perTrial.Clock() - began, Measured: counts.Measured}
	if r.Scores, err = scoresOf(scores.Candidates[0]); err != nil {
		return nil, err
	}
	return scores, s.records.append(r)
}

// looks is how many trials were ever scored on `test`: the more often one chooses by it, the less it is a test.
func (r *records) looks() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, record := range r.byKey {
		if record.Split == run.TestSplit && record.Trial > 0 {
			n++
		}
	}
	return n
}

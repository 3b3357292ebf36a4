package sweep

import (
	"context"
	"errors"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/printable"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/plan"
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
	if err == nil && t.Number == 0 {
		if err := s.unseen(ctx, p, scores.Candidates[0]); err != nil {
			return nil, err
		}
	}
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

// unseen refuses scores on `test` that are of documents of `select`: the search has seen these, and what
// is best there by luck is best there again. Whether they are can be told while the scores of the
// recipe as it stands are in the cache.
func (s *sweeping) unseen(ctx context.Context, p *plan.Plan, test *evaluate.Scored) error {
	known := s.whole
	known.AllowExec = false
	extents := s.extents(len(s.trials))
	for _, part := range extents[len(extents)-1].parts {
		scores, _, err := run.Score(ctx, p, known, run.Ask{Split: run.SelectSplit, Documents: part, Candidates: true})
		if err != nil {
			return context.Cause(ctx)
		}
		for _, t := range s.spec.Asked.Tasks {
			if n := evaluate.Overlap(scores.Candidates[0].Scores[t.Name], test.Scores[t.Name]); n > 0 {
				return fault.At(t.At, "for `test` the evaluator has scored %s of `select`, which the trials were chosen by: it does not keep to the documents that it is told", printable.Count(n, "document")).
					Mend("let it score the documents that `{samples}` or `{range}` names, and no others").See("sweep")
			}
		}
	}
	return nil
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

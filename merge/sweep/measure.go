package sweep

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
)

// job is one measurement: of a trial with one seed, or of the references.
type job struct {
	trial      *Trial
	repeat     int
	references bool
	key        key
}

// measure measures what is missing of trials on an extent, as far as this process is to, and gives
// them their goals. left are the trials that are missing still.
func (s *sweeping) measure(ctx context.Context, trials []*Trial, e extent) (left []int, err error) {
	if err := s.records.refresh(); err != nil {
		return nil, err
	}
	first, jobs := s.missing(trials, e)
	if len(first)+len(jobs) > 0 && !s.options.DryRun {
		if err := NotAllowed(s.stood, s.options.Run, "not all trials are scored"); err != nil {
			return nil, err
		}
		if err := s.records.writable(); err != nil {
			return nil, err
		}
		if len(first) > 0 {
			s.tell(Event{Trial: s.trial0, Begins: true})
		}
		if err := s.side(ctx, first, e, s.do); err != nil {
			return nil, err
		}
	}
	if err := s.settleStood(e, len(first) == 0); err != nil {
		return nil, err
	}
	for _, t := range trials {
		s.settle(t, e, true)
	}
	if !s.options.DryRun {
		if err := s.side(ctx, jobs, e, s.try); err != nil {
			return nil, err
		}
	}
	for _, t := range trials { // of which others have measured some
		s.settle(t, e, true)
	}
	return s.left(trials, e), s.checkFailed()
}

// missing are the measurements that this process has to make: first those without which nothing can
// be compared, and whose failure ends the sweep. What several trials need is left to the first of them.
func (s *sweeping) missing(trials []*Trial, e extent) (first, jobs []job) {
	seen := make(map[key]bool)
	wanted := func(j job) bool {
		if seen[j.key] {
			return false
		}
		seen[j.key] = true
		record := s.records.find(j.key)
		return s.owns(j.trial) && (record == nil || j.trial.Number == 0 && record.Error != "")
	}
	if needsReferences(s.spec.Goals) {
		if j := (job{trial: s.trial0, references: true, key: e.key(s.made)}); wanted(j) {
			first = append(first, j)
		}
	}
	for _, t := range append([]*Trial{s.trial0}, trials...) {
		for i, repeat := range t.Repeats {
			if j := (job{trial: t, repeat: i, key: e.key(repeat.made)}); !wanted(j) {
				continue
			} else if t.Number == 0 {
				first = append(first, j)
			} else {
				jobs = append(jobs, j)
			}
		}
	}
	return first, jobs
}

// owns reports whether a trial is this process's share.
func (s *sweeping) owns(t *Trial) bool {
	return s.options.Ranks == 0 || t.Number%s.options.Ranks == s.options.Rank
}

// side does jobs side by side. None is begun after too many have failed.
func (s *sweeping) side(ctx context.Context, jobs []job, e extent, do func(context.Context, job, extent) error) error {
	group, working := errgroup.WithContext(ctx)
	group.SetLimit(s.perTrial.Beside)
	for _, j := range jobs {
		group.Go(func() error {
			if working.Err() != nil || s.checkFailed() != nil {
				return nil
			}
			return do(working, j, e)
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return context.Cause(ctx)
}

// try measures a trial, unless another process has done so meanwhile.
func (s *sweeping) try(ctx context.Context, j job, e extent) error {
	if err := s.records.refresh(); err != nil {
		return err
	}
	if s.records.find(j.key) == nil {
		s.tell(Event{Trial: j.trial, Begins: true})
		if err := s.do(ctx, j, e); err != nil {
			return err
		}
	}
	s.settle(j.trial, e, false)
	return nil
}

// do measures and records. A trial's own failure is recorded too; another one is an error.
func (s *sweeping) do(ctx context.Context, j job, e extent) error {
	p, err := s.load(j.trial.Set, uint64(j.repeat))
	if err != nil {
		return err
	}
	defer p.Close()
	ask := run.Ask{Split: run.SelectSplit, References: j.references, Candidates: !j.references}
	if now, err := run.Key(ctx, p, s.perTrial, ask); err != nil {
		return err
	} else if e.key(now) != j.key {
		return errChanged
	}
	began := s.perTrial.Clock()
	scores, counts, err := s.score(ctx, p, ask, e)
	r := &Record{Trial: j.trial.Number, Set: j.trial.Set, Split: run.SelectSplit, Rung: e.rung, Documents: e.count, Key: j.key, Measured: counts.Measured}
	if r.Took = s.perTrial.Clock() - began; s.spec.Repeat > 1 && !j.references {
		r.Seed = &j.trial.Repeats[j.repeat].Seed
	}
	s.progress.add(counts.Measured)
	switch _, own := errors.AsType[*fault.Fault](err); {
	case own && ctx.Err() == nil && j.trial.Number > 0:
		r.Error, err = err.Error(), nil
	case err != nil:
		return err
	case j.references:
		r.References, err = referencesOf(scores, s.spec.Asked)
	default:
		r.Scores, err = scoresOf(scores.Candidates[0])
	}
	if err != nil {
		return err
	}
	return s.records.append(r)
}

var errChanged = errors.New("a file that the trials are made or measured with has changed while the sweep was running; start it again: what was measured since and still holds is kept")

// score scores the parts of an extent, and joins them.
func (s *sweeping) score(ctx context.Context, p *plan.Plan, ask run.Ask, e extent) (*evaluate.Scores, run.Counts, error) {
	var parts []*evaluate.Scores
	var counts run.Counts
	for _, part := range e.parts {
		ask.Documents = part
		scores, more, err := run.Score(ctx, p, s.perTrial, ask)
		counts.Measured, counts.Cached = counts.Measured+more.Measured, counts.Cached+more.Cached
		if err != nil {
			return nil, counts, err
		}
		parts = append(parts, scores)
	}
	if s.spec.Halving == nil {
		return parts[0], counts, nil
	}
	all, err := joined(parts)
	return all, counts, err
}

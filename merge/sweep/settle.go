package sweep

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/mapkeys"
	"github.com/loramerge/loramerge/internal/printable"
)

// progress is how far a sweep is.
type progress struct {
	mu       sync.Mutex
	done     int // measurements of trials
	all      int // of these, as far as they can be told
	measured int // scores, by commands in this run
	best     *Trial
	failed   []*Trial
	warnings []error
}

func (p *progress) add(measured int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.measured += measured
}

// warn notes what went wrong beside the scores, each thing once.
func (p *progress) warn(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !slices.ContainsFunc(p.warnings, func(known error) bool { return known.Error() == err.Error() }) {
		p.warnings = append(p.warnings, err)
	}
}

// settle gives a trial what is recorded of it on an extent, once all of it is, and tells so once.
func (s *sweeping) settle(t *Trial, e extent, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.settled > e.rung || !s.take(t, e) {
		return
	}
	t.settled = e.rung + 1
	if t.Failed != "" {
		s.failed = append(s.failed, t)
	} else if t.Number > 0 && t.measured() && (s.best == nil || better(t, s.best)) {
		s.best = t
	}
	if t.Number > 0 {
		s.done++
	}
	if t.Number > 0 || t.Failed == "" {
		s.told(Event{Trial: t, Known: known})
	}
}

// better orders trials: those of more documents are beyond those of fewer.
func better(a, b *Trial) bool {
	return cmp.Or(cmp.Compare(a.Documents, b.Documents), cmp.Compare(a.goal(), b.goal()), cmp.Compare(b.Number, a.Number)) > 0
}

// take reads a trial's scores from the records, and reports whether they are all there. Its goals are
// left open as long as the references are not.
func (s *sweeping) take(t *Trial, e extent) bool {
	var found []*Record
	for _, repeat := range t.Repeats {
		record := s.records.find(e.key(repeat.made))
		if record == nil {
			return false
		}
		found = append(found, record)
	}
	t.Rung, t.Documents, t.Took, t.Goals = e.rung, e.count, 0, nil
	if len(found) == 0 {
		return true // it could not be planned
	}
	var references *References
	if record := s.records.find(e.key(s.made)); record != nil {
		references = record.References
	}
	open := references == nil && needsReferences(s.spec.Goals)
	for i, record := range found {
		t.Took += record.Took
		if record.Error != "" {
			t.Failed = record.Error
		}
		t.Repeats[i].Scores = record.Scores
	}
	if t.Failed != "" || open {
		return true
	}
	t.Goals = make([]float64, len(s.spec.Goals))
	for _, record := range found {
		values, why := goals(s.spec.Goals, s.spec.Asked, references, record.Scores)
		for i, v := range values {
			t.Goals[i] += v / float64(len(found))
		}
		if why != "" {
			t.Failed = why
		}
		if short := s.shortOf(record.Scores); short != "" {
			t.Failed, t.Goals = short, nil
			return true
		}
	}
	return true
}

// shortOf says of which task other documents were scored than of the recipe as it stands, as far as
// their number tells: means over different documents are not compared.
func (s *sweeping) shortOf(scores Scores) string {
	stood := s.trial0.Repeats[0].Scores
	for _, task := range mapkeys.Sorted(scores) {
		here, there := scores[task].Documents, stood[task].Documents
		if here != there && here > 0 && there > 0 {
			return fmt.Sprintf("%s was scored on %s, and of the recipe as it stands on %d", task, printable.Count(here, "document"), there)
		}
	}
	return ""
}

// settleStood does so with the recipe as it stands, without which there is nothing to compare with.
func (s *sweeping) settleStood(e extent, known bool) error {
	s.settle(s.trial0, e, known)
	if s.trial0.Failed == "" {
		return nil
	}
	return fault.At(s.spec.Position, "the recipe as it stands reaches no goal: %s", s.trial0.Failed).
		Mend("take a goal that it reaches, or mend the evaluation; `loramerge run` shows the scores")
}

// left are the trials of which measurements are missing; 0 stands for the recipe as it stands and
// the references too.
func (s *sweeping) left(trials []*Trial, e extent) (out []int) {
	if s.trial0.settled <= e.rung || needsReferences(s.spec.Goals) && s.records.find(e.key(s.made)) == nil {
		out = append(out, 0)
	}
	for _, t := range trials {
		if t.settled <= e.rung {
			out = append(out, t.Number)
		}
	}
	return out
}

// checkFailed ends a sweep of which too many trials have failed. What is wrong may be the evaluator or the
// machine, and not the recipe.
func (s *sweeping) checkFailed() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.failed) <= s.spec.MaxFailed {
		return nil
	}
	first := slices.MinFunc(s.failed, func(a, b *Trial) int { return cmp.Compare(a.Number, b.Number) })
	return fmt.Errorf("%w: %d, and `max-failed` allows %d. Trial %d (%s): %s. All are in %s; --retry-failed measures them again",
		ErrFailed, len(s.failed), s.spec.MaxFailed, first.Number, first.Values(), first.Failed, s.options.Folder)
}

// ErrFailed is within the error of a sweep of which too many trials have failed.
var ErrFailed = errors.New("too many trials have failed")

func (s *sweeping) tell(e Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told(e)
}

func (s *sweeping) told(e Event) {
	if s.options.Told != nil {
		e.Trial, e.Best, e.Done, e.All, e.Measured = e.Trial.snapshot(), s.best.snapshot(), s.done, s.all, s.measured
		s.options.Told(e)
	}
}

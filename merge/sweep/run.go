package sweep

import (
	"context"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
	"github.com/loramerge/loramerge/merge/sweep/search"
	"github.com/loramerge/loramerge/recipe"
)

// Options are how a sweep is run.
type Options struct {
	Run         run.Options       // of the trials; their jobs and memory are those of all together
	Vars        map[string]string // of the recipe as it stands, instead of its defaults
	Folder      string            // of the records; empty for FolderOf the recipe
	Rank, Ranks int               // the share of this process; Ranks is 0 for all
	RetryFailed bool              // to measure trials again that have failed
	DryRun      bool              // to plan the trials and read what is recorded of them, and stop
	// Planned is called with the recipe as it stands, before any work. It may change how trials are
	// run: whether they may start commands. May be nil.
	Planned func(*plan.Plan, *run.Options) error
	Told    func(Event) // called from one goroutine at a time; may be nil
}

// FolderOf is where a recipe's sweep keeps its records, beside it.
func FolderOf(path string) string {
	return strings.TrimSuffix(path, filepath.Ext(path)) + ".sweep"
}

// sweeping is a sweep at work.
type sweeping struct {
	options  Options
	perTrial run.Options // of each of those side by side
	whole    run.Options // of one alone
	path     string
	dir      string
	source   []byte
	stood    *plan.Plan // the recipe as it stands
	spec     *Spec
	records  *records
	made     key // of the references

	shared shared
	round  int // generations and rungs that were begun
	trial0 *Trial
	trials []*Trial
	progress
}

type key = digest.Digest

// Run runs the sweep of the recipe at path, as far as this process can: what is recorded already is
// not measured again. A trial that fails is recorded as failed, unless the context has ended or the
// system is at fault; more of them than the sweep allows end it, with an error. What was measured
// stays recorded however Run ends.
func Run(ctx context.Context, path string, options Options) (*Result, error) {
	s, err := begin(ctx, path, options)
	if err != nil {
		return nil, err
	}
	defer s.stood.Close()
	defer s.records.close()
	sought, err := search.New(s.spec.Sweep, s.spec.Defaults)
	if err != nil {
		return nil, err
	}
	if err := s.checkCorners(ctx, s.prepareOne); err != nil {
		return nil, err
	}
	var goals []float64
	for {
		points := sought.Next(goals)
		if points == nil {
			return s.answered(ctx)
		}
		trials, err := s.generation(ctx, points, s.prepareOne)
		if err != nil {
			return nil, err
		}
		left, err := s.rungs(ctx, trials)
		if err != nil || left != nil {
			return s.result(left), err
		}
		for _, t := range trials {
			goals = append(goals, t.goal())
		}
	}
}

// begin plans the recipe as it stands and reads the records.
func begin(ctx context.Context, path string, options Options) (*sweeping, error) {
	source, err := plan.ReadRecipe(path)
	if err != nil {
		return nil, err
	}
	s := &sweeping{options: options, path: path, dir: filepath.Dir(path), source: source}
	if s.options.Folder == "" {
		s.options.Folder = FolderOf(path)
	}
	if s.stood, err = s.load(nil, 0); err != nil {
		return nil, err
	}
	if err := s.prepareStood(ctx); err != nil {
		s.stood.Close()
		return nil, err
	}
	return s, nil
}

func (s *sweeping) prepareStood(ctx context.Context) (err error) {
	if s.spec, err = Check(s.stood); err != nil {
		return err
	}
	if s.options.Planned != nil {
		if err := s.options.Planned(s.stood, &s.options.Run); err != nil {
			return err
		}
	}
	s.options.Run.Warn = s.warn
	s.whole = s.options.Run.Filled()
	s.perTrial = s.whole
	beside := s.spec.Beside()
	s.perTrial.Jobs, s.perTrial.Memory, s.perTrial.Beside = max(1, s.perTrial.Jobs/beside), s.perTrial.Memory/int64(beside), beside
	s.trial0 = new(Trial)
	if err := s.prepareOne(ctx, s.trial0); err != nil {
		return err
	}
	if needsReferences(s.spec.Goals) {
		if s.made, err = run.Key(ctx, s.stood, s.perTrial, run.Ask{Split: run.SelectSplit, References: true}); err != nil {
			return err
		}
	}
	if s.records, err = openRecords(s.options.Folder, FileOf(s.options.Rank, s.options.Ranks)); err == nil && s.options.RetryFailed {
		s.records.forgetFailures()
	}
	return err
}

// checkCorners plans the ends of all axes, where a guided search may go later. The points of the
// others are known, and planned themselves.
func (s *sweeping) checkCorners(ctx context.Context, prepare preparing) error {
	if s.spec.Search != recipe.SearchCMAES {
		return nil
	}
	var corners []*Trial
	for _, point := range search.Corners(s.spec.Sweep, s.spec.Defaults) {
		corners = append(corners, &Trial{Number: unnumbered, Set: point, axes: s.spec.Axes})
	}
	wrong, err := planned(ctx, corners, prepare)
	if err != nil {
		return err
	}
	return together(corners, wrong)
}

// unnumbered is no trial, but a point where one may be.
const unnumbered = -1

// generation makes trials of points. What is wrong with trials of the first generation is the
// error; in a later one, with the work of the others done, they are trials that have failed.
func (s *sweeping) generation(ctx context.Context, points []search.Point, prepare preparing) ([]*Trial, error) {
	first := len(s.trials) == 0
	var trials []*Trial
	for _, point := range points {
		trials = append(trials, &Trial{Number: len(s.trials) + 1, Set: point, axes: s.spec.Axes})
		s.trials = append(s.trials, trials[len(trials)-1])
	}
	s.progress.all += len(trials)
	wrong, err := planned(ctx, trials, prepare)
	if err == nil && first {
		err = together(trials, wrong)
	}
	if err != nil {
		return nil, err
	}
	for i, t := range trials {
		if wrong[i] != nil {
			t.Failed, t.Repeats = wrong[i].Error(), nil
		}
	}
	s.perTrial.Shared = s.shared.known()
	return trials, nil
}

// rungs measures a generation: on all documents, or on more and more of them, each time the better
// part of the trials. left are those that other ranks have to measure first.
func (s *sweeping) rungs(ctx context.Context, trials []*Trial) (left []int, err error) {
	extents := s.extents(len(trials))
	for _, e := range extents[1:] {
		s.progress.all += e.trials
	}
	for i, e := range extents {
		if i > 0 {
			trials = promoted(trials, e.trials)
		}
		s.round++
		if left, err = s.measure(ctx, trials, e); err != nil || left != nil {
			return left, err
		}
	}
	return nil, nil
}

// promoted are the better ones of trials.
func promoted(trials []*Trial, keep int) (out []*Trial) {
	var goals []float64
	for _, t := range trials {
		goals = append(goals, t.goal())
	}
	for _, at := range search.Promote(goals, keep) {
		if trials[at].measured() {
			out = append(out, trials[at])
		}
	}
	return out
}

// goal is what a search follows: NaN for a trial that has none.
func (t *Trial) goal() float64 {
	if len(t.Goals) == 0 {
		return math.NaN()
	}
	return t.Goals[0]
}

func (s *sweeping) result(left []int) *Result {
	r := &Result{Folder: s.options.Folder, Goals: s.spec.Goals, Axes: s.spec.Axes, Defaults: s.spec.Defaults, Stood: s.trial0, Trials: s.trials,
		Complete: left == nil, Left: left, Round: s.round, Measured: s.measured, Warnings: slices.Concat(s.warnings, s.records.warnings())}
	for _, number := range left {
		if share := number % max(1, s.options.Ranks); s.options.Ranks > 0 && !slices.Contains(r.Shares, share) {
			r.Shares = append(r.Shares, share)
		}
	}
	slices.Sort(r.Shares)
	return r
}

// NotAllowed is the error of a sweep of a plan that would have to start commands and may not, or nil if it may. what
// says what the commands are for.
func NotAllowed(p *plan.Plan, options run.Options, what string) error {
	why := "may not be started"
	switch {
	case options.AllowExec:
		return nil
	case options.Changed:
		why = "have changed since they were allowed, or a file that they read has"
	}
	return fault.At(p.Scored[0].Position, "%s, and the commands for that %s", what, why).
		Mend("let them run with --allow-exec, or once and for all with `loramerge allow " + p.Recipe.File + "`, which shows them")
}

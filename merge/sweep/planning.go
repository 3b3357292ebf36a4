package sweep

import (
	"context"
	"maps"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"

	"github.com/hashicorp/go-multierror"
	"golang.org/x/sync/errgroup"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
	"github.com/loramerge/loramerge/merge/sweep/search"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// CheckTrials reports what is wrong with the trials of the first generation of a sweep, as Run does before any of
// them is run, and at the ends of the axes of a guided one. The plan is that of the recipe as it stands, which
// was read from source with these variables. Only headers are read: whether the memory suffices is not asked.
func CheckTrials(ctx context.Context, stood *plan.Plan, source []byte, vars map[string]string) error {
	spec, err := Check(stood)
	if err != nil {
		return err
	}
	file := stood.Recipe.File
	s := &sweeping{path: file, dir: filepath.Dir(file), source: source, options: Options{Vars: vars, Run: run.Options{Find: stood.Find}}, stood: stood, spec: spec}
	if err := s.checkCorners(ctx, s.plannable); err != nil {
		return err
	}
	sought, err := search.New(spec.Sweep, spec.Defaults)
	if err != nil {
		return err
	}
	_, err = s.generation(ctx, sought.Next(nil), s.plannable)
	return err
}

// preparing finds out what is wrong with a trial.
type preparing func(context.Context, *Trial) error

// plannable plans a trial, and no more.
func (s *sweeping) plannable(_ context.Context, t *Trial) error {
	p, err := s.load(t.Set, 0)
	if err != nil {
		return err
	}
	defer p.Close()
	return s.comparable(p)
}

// load plans the recipe with values for its variables, and so many seeds after its own. What it
// saves is not written, so it does not matter whether it may be.
func (s *sweeping) load(set search.Point, seeds uint64) (*plan.Plan, error) {
	vars := make(map[string]string)
	maps.Copy(vars, s.options.Vars)
	maps.Copy(vars, set)
	parsed, mistakes := recipe.ParseWith(s.path, s.source, stages.Verbs(), vars)
	parsed.Seed += seeds
	p, more := plan.New(parsed, s.dir, plan.Options{Force: true, Vars: vars, Find: s.options.Run.Find})
	if all := multierror.Append(mistakes, more).ErrorOrNil(); all != nil {
		p.Close()
		return nil, all
	}
	return p, nil
}

// planned prepares all trials, several at once, and collects what is wrong with each.
func planned(ctx context.Context, trials []*Trial, prepare preparing) (wrong []error, err error) {
	wrong = make([]error, len(trials))
	group, planning := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, t := range trials {
		group.Go(func() error {
			if err := planning.Err(); err != nil {
				return context.Cause(planning)
			}
			wrong[i] = prepare(planning, t)
			return planning.Err()
		})
	}
	return wrong, group.Wait()
}

// prepareOne plans a trial with each of its seeds, and finds out by what their scores will be known: with one seed, if
// nothing in it is drawn at random.
func (s *sweeping) prepareOne(ctx context.Context, t *Trial) error {
	for seeds := range uint64(max(1, s.spec.Repeat)) {
		p, err := s.load(t.Set, seeds)
		if err != nil {
			return err
		}
		made, results, err := s.checked(ctx, p)
		seed := p.Recipe.Seed
		p.Close()
		if err != nil {
			return err
		}
		if seeds > 0 && made == t.Repeats[0].made {
			break
		}
		s.shared.add(results)
		t.Repeats = append(t.Repeats, Repeat{Seed: seed, made: made})
	}
	return nil
}

// checked is the key of a plan's scores and what leads to them, if it can be compared with the others.
func (s *sweeping) checked(ctx context.Context, p *plan.Plan) (made key, results []digest.Digest, err error) {
	if err := s.comparable(p); err != nil {
		return made, nil, err
	}
	if err := run.Fits(p, s.perTrial); err != nil {
		return made, nil, err
	}
	if results, err = run.Results(ctx, p, s.perTrial); err != nil {
		return made, nil, err
	}
	made, err = run.Key(ctx, p, s.perTrial, run.Ask{Split: run.SelectSplit, Candidates: true})
	return made, results, err
}

// comparable refuses a plan whose scores are not of what those of the recipe as it stands are of.
func (s *sweeping) comparable(p *plan.Plan) error {
	if len(p.Scored) == 1 && len(p.Scored[0].Candidates) == 1 && sameMeasure(p.Scored[0], s.stood.Scored[0]) {
		return nil
	}
	return fault.At(s.spec.Position, "an axis changes how the adapters are scored, so that the scores of the trials could not be compared").
		Mend("take its variable out of the stage that scores")
}

// sameMeasure reports whether two plans measure the same things in the same way.
func sameMeasure(a, b *plan.Scored) bool {
	names := func(s *plan.Scored) (out []string) {
		for _, e := range s.Experts {
			out = append(out, e.Name)
		}
		return out
	}
	x, y := a.Asked, b.Asked
	return reflect.DeepEqual(x.Evaluators, y.Evaluators) && reflect.DeepEqual(x.Tasks, y.Tasks) && x.Base == y.Base &&
		reflect.DeepEqual(x.Select, y.Select) && reflect.DeepEqual(x.Test, y.Test) && slices.Equal(names(a), names(b))
}

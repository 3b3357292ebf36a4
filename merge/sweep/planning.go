package sweep

import (
	"context"
	"maps"
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

// load plans the recipe with values for its variables, and so many seeds after its own. What it
// saves is not written, so it does not matter whether it may be.
func (s *sweeping) load(set search.Point, seeds uint64) (*plan.Plan, error) {
	vars := make(map[string]string)
	maps.Copy(vars, s.options.Vars)
	maps.Copy(vars, set)
	parsed, mistakes := recipe.ParseWith(s.path, s.source, stages.Verbs(), vars)
	parsed.Seed += seeds
	p, more := plan.New(parsed, s.dir, plan.Options{Force: true, Vars: vars})
	if all := multierror.Append(mistakes, more).ErrorOrNil(); all != nil {
		p.Close()
		return nil, all
	}
	return p, nil
}

// planned plans all trials, and finds out by what their scores will be known, or what is wrong with each.
func (s *sweeping) planned(ctx context.Context, trials []*Trial) (wrong []error, err error) {
	wrong = make([]error, len(trials))
	group, planning := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, t := range trials {
		group.Go(func() error {
			if err := planning.Err(); err != nil {
				return context.Cause(planning)
			}
			wrong[i] = s.prepareOne(planning, t)
			return planning.Err()
		})
	}
	return wrong, group.Wait()
}

// prepareOne plans a trial with each of its seeds: with one, if nothing in it is drawn at random.
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
	if len(p.Scored) != 1 || len(p.Scored[0].Candidates) != 1 || !sameMeasure(p.Scored[0], s.stood.Scored[0]) {
		return made, nil, fault.At(s.spec.Position, "an axis changes how the adapters are scored, so that the scores of the trials could not be compared").
			Mend("take its variable out of the stage that scores")
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

package run

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/evaluate/command"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/stages"
)

// The splits of a scored stage, as {split} writes them.
const (
	SelectSplit = "select" // what a search sees
	TestSplit   = "test"   // what is reported
)

// Ask is which scores are wanted.
type Ask struct {
	Split      string            // SelectSplit or TestSplit
	Documents  *stages.Documents // some of the split's; nil for all of them
	References bool              // of the base and the experts
	Candidates bool              // of what is evaluated
	outputs    bool              // whether outputs are made too
}

// everything is what a run asks for.
var everything = Ask{Split: TestSplit, References: true, Candidates: true, outputs: true}

// of is the ask with the documents that it is about in an evaluation; nil where that has no splits.
func (a Ask) of(e *stages.Evaluation) Ask {
	switch {
	case a.Documents != nil:
	case a.Split == SelectSplit:
		a.Documents = e.Select
	case a.Split == TestSplit:
		a.Documents = e.Test
	default:
		panic(fmt.Sprintf("run: no split %q", a.Split))
	}
	return a
}

// Score merges what is to be scored and scores it, as far as the cache does not have the scores. No
// output is written, no lock read or written, and no gate checked. It panics unless the plan has
// exactly one scored stage, with one candidate.
//
// Several may run at once, of one plan or of several, over one cache and one scratch folder; the
// options' memory and jobs are those of each.
func Score(ctx context.Context, p *plan.Plan, options Options, ask Ask) (*evaluate.Scores, Counts, error) {
	checkOne(p)
	r, err := score(ctx, p, options, ask)
	if err != nil {
		return nil, Counts{}, err
	}
	return r.scores.all[0].scored(), r.scores.all[0].counts, nil
}

func score(ctx context.Context, p *plan.Plan, options Options, ask Ask) (*run, error) {
	options.Lock, options.Measure, options.NoEvaluate = LockIgnore, MeasureNone, false
	r, err := open(ctx, p, options.Filled(), ask)
	if err != nil || r.scores.complete() {
		return r, err
	}
	warnings, err := r.prepare(ctx)
	if err != nil {
		return nil, err
	}
	err = r.fill(ctx, nil)
	if r.scores.store.failed != nil {
		warnings = append(warnings, r.scores.store.failed)
	}
	warnings = append(warnings, r.keeper.end(r.options.CacheSize)...)
	for _, warning := range warnings {
		if options.Warn != nil {
			options.Warn(warning)
		}
	}
	return r, err
}

// Key is the digest of what the scores that are asked for depend on, as far as it follows from the plan:
// what the adapters are made from, how each task is measured, and the documents. Nothing is merged, and no
// command is started. It panics as Score does.
func Key(ctx context.Context, p *plan.Plan, options Options, ask Ask) (digest.Digest, error) {
	checkOne(p)
	options.Lock = LockIgnore
	options = options.Filled()
	held, err := openLock(ctx, p, options)
	if err != nil {
		return digest.Digest{}, err
	}
	asked, err := newScores(ctx, held, options, ask)
	if err != nil {
		return digest.Digest{}, err
	}
	one := asked.all[0]
	d := digest.Describe("asked").Text(one.split())
	for _, sub := range one.subjects() {
		d.Digests(sub.key)
		for _, g := range one.groups {
			for i, task := range g.tasks {
				if one.wants(sub, task) {
					d.Text(task.Name).Digests(g.methods[i])
				}
			}
		}
	}
	return d.Sum(), nil
}

// checkChosen refuses documents that a command can't be told.
func (s *scoredStage) checkChosen() error {
	var wrong *multierror.Error
	for _, g := range s.groups {
		if s.ask.Documents != nil && s.ask.Documents.Chosen != nil && len(g.tasks) > 0 {
			wrong = multierror.Append(wrong, command.CheckChosen(g.at, g.command))
		}
	}
	return wrong.ErrorOrNil()
}

// Results are the digests of the results from which the adapters of a plan's scored stages are made, as far
// as they follow from the plan: what [Options.Shared] is asked for.
func Results(ctx context.Context, p *plan.Plan, options Options) ([]digest.Digest, error) {
	options.Lock = LockIgnore
	held, err := openLock(ctx, p, options.Filled())
	if err != nil {
		return nil, err
	}
	var out []digest.Digest
	for _, n := range p.Nodes {
		if slices.ContainsFunc(p.Scored, func(s *plan.Scored) bool { return slices.Contains(s.Upstream(), n) }) {
			out = append(out, held.digests.Stages[n.Index].Digest)
		}
	}
	return out, nil
}

func checkOne(p *plan.Plan) {
	if len(p.Scored) != 1 || len(p.Scored[0].Candidates) != 1 {
		panic("run: Score is for a plan that scores one candidate in one stage")
	}
}

package run

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/lockfile"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/stages"
)

// Evaluated is what became of a scored stage.
type Evaluated struct {
	Stage string `json:"stage"`
	Counts
	*evaluate.Judgement // nil in a run that does not evaluate
}

// Counts say where scores came from.
type Counts struct {
	Measured int `json:"measured"` // by commands in this run
	Cached   int `json:"cached"`
	Locked   int `json:"locked"` // known from the lock
}

// Passed reports whether no gate of any stage stands in the way.
func (r *Result) Passed() bool {
	for _, e := range r.Scores {
		if e.Judgement != nil && !e.Passed() {
			return false
		}
	}
	return true
}

// judge judges all stages.
func (s *scores) judge() ([]Evaluated, error) {
	var out []Evaluated
	for _, one := range s.all {
		against, err := s.against(one)
		if err != nil {
			return nil, err
		}
		j, err := evaluate.Judge(one.Asked, one.scored(), against)
		if err != nil {
			return nil, err
		}
		out = append(out, Evaluated{one.ID, one.counts, j})
	}
	return out, nil
}

// against are the scores that gates compare with, by the gates' words: those of the recipe's
// lock, or of another one.
func (s *scores) against(one *scoredStage) (map[string]*evaluate.Scores, error) {
	out := make(map[string]*evaluate.Scores)
	for _, g := range one.Asked.Gates {
		switch {
		case g.Against == "" || out[g.Against] != nil:
		case g.AgainstLocked():
			locked := s.locked
			if s.options.Baseline != nil {
				locked = s.options.Baseline
			}
			out[g.Against] = locked.Stage(one.ID)
		default:
			path := stages.Resolve(one.Spec().Dir, g.Against)
			locked, err := evaluate.ReadLocked(path)
			if err != nil {
				return nil, err
			}
			if locked == nil {
				return nil, fault.At(g.At, "there is no lock %s", filepath.ToSlash(path)).Mend("correct the path, or leave the gate out")
			}
			out[g.Against] = locked.Stage(one.ID)
		}
	}
	return out, nil
}

// holds reports whether a missed gate keeps an output from its place: whether it is made from a
// stage whose scores did not pass.
func (s *scores) holds(n *plan.Node, judged []Evaluated) bool {
	upstream := make(map[string]bool)
	for _, u := range n.Upstream() {
		upstream[u.ID] = true
	}
	for i, one := range s.all {
		if judged[i].Judgement == nil || judged[i].Passed() {
			continue
		}
		for _, edge := range one.Slots[0] {
			if upstream[edge.From.ID] {
				return true
			}
		}
	}
	return false
}

// beginShown creates the folders of what is to be shown to commands, below one that is removed
// when they have ended: of all whose digest or score is not known.
func (r *run) beginShown() (shown []*subject, below scratch, err error) {
	if r.scores == nil || r.options.NoEvaluate {
		return nil, below, nil
	}
	for _, one := range r.scores.all {
		for _, sub := range one.compared() {
			for _, m := range r.graph.shown[sub.shown].Out.Members[0].Modules {
				sub.rank = max(sub.rank, m.Rank)
			}
		}
		for _, sub := range one.subjects() {
			if !sub.known() || one.lacks(sub) {
				shown = append(shown, sub)
			}
		}
	}
	if below, err = scratchFolder(r.options.Scratch); err != nil {
		return nil, below, fmt.Errorf("no folder can be made for the adapters that evaluators are shown (TMPDIR names another one): %w", err)
	}
	for i, sub := range shown {
		if err := sub.begin(r, folderFor(below.path, i, sub.name)); err != nil {
			return nil, below, err
		}
	}
	return shown, below, nil
}

// score measures what is not known of the adapters that have been written.
func (r *run) score(ctx context.Context, shown []*subject, scratch string) error {
	if r.scores == nil || r.options.NoEvaluate {
		return nil
	}
	for _, sub := range shown {
		if err := sub.finish(ctx, r); err != nil {
			return err
		}
	}
	for _, one := range r.scores.all {
		for _, sub := range one.subjects() {
			r.scores.recall(one, sub)
		}
	}
	if err := r.scores.checkAllowed(true); err != nil {
		return err
	}
	return r.scores.measure(ctx, scratch)
}

// judge judges the stages by their scores.
func (r *run) judge(result *Result) (err error) {
	if r.scores == nil {
		return nil
	}
	if r.options.NoEvaluate {
		for _, one := range r.scores.all {
			result.Scores = append(result.Scores, Evaluated{Stage: one.ID})
		}
		return nil
	}
	if result.Scores, err = r.scores.judge(); err != nil {
		return err
	}
	if r.options.Lock == LockFrozen {
		r.scores.record(r.lock.now)
		return r.lock.old.Refusal(r.lock.old.Changes(r.lock.now.WithOutputs(r.lock.old.Outputs)))
	}
	return nil
}

// heldBack reports whether a gate keeps an output from its place.
func (r *run) heldBack(out *output, result *Result) bool {
	return r.scores != nil && !r.plan.Force && r.scores.holds(&out.node.Node, result.Scores)
}

// conclude writes the lock, with the scores, unless a gate stands in the way: what was reached
// once is not replaced by what does not pass.
func (r *run) conclude(result *Result) {
	if r.scores != nil && !r.scores.locked.Complete() && !r.options.Reevaluate {
		result.Warnings = append(result.Warnings, fault.In(lockfile.ScoresPath(r.lock.path), "the lock pins the scores of single documents, and this file of them is missing").
			Mend("restore it from git, or measure them anew with --reevaluate"))
	}
	if !result.Passed() && !r.plan.Force {
		return
	}
	var documents []byte
	if r.scores != nil {
		documents = r.scores.record(r.lock.now)
		if r.scores.store.failed != nil {
			result.Warnings = append(result.Warnings, r.scores.store.failed)
		}
	}
	changes, kept, err := r.lock.write(documents)
	if err != nil {
		result.Warnings = append(result.Warnings, err)
		return
	}
	result.LockChanges, result.LockKept = changes, kept
}

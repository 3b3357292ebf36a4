package sweep

import (
	"fmt"
	"slices"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/printable"
	"github.com/loramerge/loramerge/merge/evaluate/command"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/sweep/search"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// Spec is the sweep of a recipe that was planned as it stands.
type Spec struct {
	*recipe.Sweep
	Asked    *stages.Evaluation // of the one stage that scores
	Defaults search.Point       // of the axes
}

// Declared reports a recipe without a sweep.
func Declared(r *recipe.Recipe) error {
	if r.Sweep != nil {
		return nil
	}
	return fault.At(recipe.Position{File: r.File, Line: 1, Column: 1}, "the recipe has no `sweep`, which says what to search").
		Mend("add one, such as `sweep: {axes: {size: {min: 0.5, max: 1.5}}, max-trials: 30, goal: {recovered: worst}}`").See("sweep")
}

// Check reports everything that is wrong with the sweep of a plan's recipe beyond its grammar.
func Check(p *plan.Plan) (*Spec, error) {
	s := p.Recipe.Sweep
	if err := Declared(p.Recipe); err != nil {
		return nil, err
	}
	spec := &Spec{Sweep: s, Defaults: make(search.Point)}
	var all *multierror.Error
	for _, axis := range s.Axes {
		at := slices.IndexFunc(p.Recipe.Vars, func(v recipe.Variable) bool { return v.Name == axis.Name })
		if at >= 0 {
			spec.Defaults[axis.Name] = p.Recipe.Vars[at].Value
		}
	}
	asked, err := scoredBy(p, s)
	if err != nil {
		return nil, err
	}
	spec.Asked = asked
	for _, g := range s.Goals {
		all = multierror.Append(all, checkGoal(g, asked))
	}
	if single := singleGoal(s); single != "" && len(s.Goals) > 1 {
		all = multierror.Append(all, fault.At(s.Goals[1].Position, "%s follows one goal, and the sweep has %d", single, len(s.Goals)).
			Mend("leave all but one out, or search at random without `halving`"))
	}
	all = multierror.Append(all, checkHalving(s, asked))
	if _, err := search.New(s, spec.Defaults); err != nil {
		all = multierror.Append(all, err)
	}
	return spec, all.ErrorOrNil()
}

// Trials is how many trials the sweep makes at most, beside the recipe as it stands.
func (s *Spec) Trials() int {
	if s.Search == recipe.SearchCMAES {
		return s.MaxTrials
	}
	sought, err := search.New(s.Sweep, s.Defaults)
	if err != nil {
		return 0 // Check said so
	}
	return len(sought.Next(nil))
}

// Beside is how many measurements are made at once: as many as the sweep says, or fewer where its trials with
// all of their seeds are no more.
func (s *Spec) Beside() int {
	return max(1, min(s.Parallel, s.Trials()*max(1, s.Repeat)))
}

// scoredBy is the evaluation of the one stage that scores one adapter.
func scoredBy(p *plan.Plan, s *recipe.Sweep) (*stages.Evaluation, error) {
	switch {
	case len(p.Scored) == 0:
		return nil, fault.At(s.Position, "nothing scores the trials of the sweep").Mend("add an `evaluate` stage, with `splits`").See("sweep")
	case len(p.Scored) > 1:
		return nil, fault.At(p.Scored[1].Position, "the sweep follows the scores of one stage, and the recipe has %d that score", len(p.Scored)).Mend("leave all but one out")
	}
	one := p.Scored[0]
	var all *multierror.Error
	if n := len(one.Candidates); n != 1 {
		all = multierror.Append(all, fault.At(one.Position, "the sweep looks for one adapter, and %s are scored here", printable.Count(n, "adapter")).Mend("score the merge alone"))
	}
	if one.Asked.Select == nil {
		all = multierror.Append(all, fault.At(one.Position, "the stage does not say which documents a search may see: what is chosen by a score must be reported on others").
			Mend("add `splits: {select: 0-199, test: 200-499}`").See("sweep"))
	}
	return one.Asked, all.ErrorOrNil()
}

// checkGoal: what a goal is about is scored.
func checkGoal(g recipe.Goal, asked *stages.Evaluation) error {
	var tasks, trained, others []string
	for _, t := range asked.Tasks {
		if tasks = append(tasks, t.Name); t.Expert != "" {
			trained = append(trained, t.Name)
		} else {
			others = append(others, t.Name)
		}
	}
	if g.Task == "" && !asked.Base {
		return fault.At(g.Position, "what is recovered or forgotten is measured against the base model, which is not scored here").Mend("leave `base: false` out, or give the score of a task as the goal")
	}
	switch {
	case g.Task != "":
		return knownTask(g, g.Task, tasks, "is among the tasks of the stage that scores")
	case g.Recovered != "" && len(trained) == 0:
		return fault.At(g.Position, "no task has an expert, of whose gain a share could be recovered").Mend("add `experts` to the stage that scores, or give the score of a task as the goal")
	case g.Recovered != "":
		return knownTask(g, g.Recovered, append(trained, "worst", "mean"), "is among the tasks with an expert")
	case len(others) == 0:
		return fault.At(g.Position, "every task has an expert, and what is forgotten is measured on tasks without one").Mend("add a task that no expert was trained for, or take what is `recovered` as the goal")
	}
	return knownTask(g, g.Forgotten, append(others, "worst"), "is among the tasks without an expert")
}

func knownTask(g recipe.Goal, name string, known []string, where string) error {
	if slices.Contains(known, name) {
		return nil
	}
	return recipe.UnknownName(g.Position, "task", name, known, where)
}

// singleGoal names what can follow only one goal; empty for nothing.
func singleGoal(s *recipe.Sweep) string {
	switch {
	case s.Search == recipe.SearchCMAES:
		return s.Search
	case s.Halving != nil:
		return "halving"
	}
	return ""
}

// checkHalving: the documents of a rung are chosen, and its first one has fewer than all.
func checkHalving(s *recipe.Sweep, asked *stages.Evaluation) error {
	if s.Halving == nil || asked.Select == nil {
		return nil
	}
	var all *multierror.Error
	if n := size(asked.Select); s.Halving.MinSamples >= n {
		all = multierror.Append(all, fault.At(s.Halving.Position, "halving begins with %d documents, and `select` has %d", s.Halving.MinSamples, n).
			Mend(fmt.Sprintf("begin with fewer, such as `min-samples: %d`, or leave `halving` out", max(1, n/4))))
	}
	for i := range asked.Evaluators {
		e := &asked.Evaluators[i]
		all = multierror.Append(all, command.CheckChosen(e.At, &e.Command))
	}
	for _, t := range asked.Tasks {
		if t.Own != nil {
			all = multierror.Append(all, command.CheckChosen(t.At, t.Own))
		}
	}
	return all.ErrorOrNil()
}

// size is how many documents a range has.
func size(d *stages.Documents) int { return d.Last - d.First + 1 }

package stages

import (
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/recipe"
)

// readGate needs the tasks.
func (e *evaluating) readGate(p *recipe.Params, of *Evaluation) (Gate, error) {
	g := Gate{At: p.At(""), Task: keyTask.Of(p), Recovered: keyRecovered.Of(p), Forgotten: keyForgotten.Of(p),
		Against: keyAgainst.Of(p), AtLeast: numberOf(keyAtLeast, p), AtMost: numberOf(keyAtMost, p)}
	if margin := numberOf(keyMargin, p); margin != nil {
		g.Margin = *margin
	}
	all := multierror.Append(nil, e.checkSubject(g, p, of), checkBound(g, p, of))
	return g, all.ErrorOrNil()
}

func numberOf(key recipe.Key[*recipe.Number], p *recipe.Params) *float64 {
	if !key.In(p) {
		return nil
	}
	x, _ := key.Of(p).Everywhere()
	return &x
}

// checkSubject: a gate is about one thing, which there is.
func (e *evaluating) checkSubject(g Gate, p *recipe.Params, of *Evaluation) error {
	if given := slices.DeleteFunc([]string{g.Task, g.Recovered, g.Forgotten}, func(word string) bool { return word == "" }); len(given) != 1 {
		return fault.At(g.At, "a gate is about a task, or what is recovered or forgotten, and this one names %d of them", len(given)).Mend("write one of `task`, `recovered` and `forgotten` in it")
	}
	var tasks, trained, others []string
	for _, t := range of.Tasks {
		tasks = append(tasks, t.Name)
		if t.Expert != "" {
			trained = append(trained, t.Name)
		} else {
			others = append(others, t.Name)
		}
	}
	known := func(key recipe.Key[string], words []string, where, none string) error {
		if name := key.Of(p); !slices.Contains(words, name) {
			return unknownOf(key.At(p), "task", name, words, where, none)
		}
		return nil
	}
	var all *multierror.Error
	if g.Task == "" && !of.Base {
		all = multierror.Append(all, fault.At(g.At, "what is recovered or forgotten is measured against the base model, which is not scored here").Mend("leave `base: false` out, or write a gate on a task's score"))
	}
	switch {
	case g.Task != "":
		all = multierror.Append(all, known(keyTask, tasks, "is among the stage's `tasks`", ""))
	case g.Recovered != "" && len(trained) == 0:
		all = multierror.Append(all, fault.At(keyRecovered.At(p), "no task has an expert, of whose gain a share could be recovered").Mend("add `experts` to the stage, and name a task like each, or write `expert: NAME` in it"))
	case g.Recovered != "":
		all = multierror.Append(all, known(keyRecovered, append(trained, wordWorst, wordMean), "is among the tasks with an expert", ""))
	case len(others) == 0:
		all = multierror.Append(all, fault.At(keyForgotten.At(p), "every task has an expert, and what is forgotten is measured on tasks without one").Mend("add a task that no expert was trained for, or gate what is `recovered`"))
	default:
		all = multierror.Append(all, known(keyForgotten, append(others, wordWorst), "is among the tasks without an expert", ""))
	}
	return all.ErrorOrNil()
}

// checkBound: a gate has a bound, on the side where scores are worse.
func checkBound(g Gate, p *recipe.Params, of *Evaluation) error {
	var all *multierror.Error
	bounded := g.AtLeast != nil || g.AtMost != nil
	if g.Against == "" {
		if keyMargin.In(p) {
			all = multierror.Append(all, fault.At(keyMargin.At(p), "a margin is kept from another score, and this gate has a fixed bound").Mend("leave it out, or write `against: locked`"))
		}
		if !bounded {
			all = multierror.Append(all, fault.At(g.At, "the gate has no bound").Mend("add `at-least`, `at-most`, or `against: locked`"))
		}
		return multierror.Append(all, checkSide(g, p, of)).ErrorOrNil()
	}
	if g.Task == "" {
		all = multierror.Append(all, fault.At(keyAgainst.At(p), "`against` compares the score of a task").Mend("write `task: NAME` in the gate"))
	}
	if bounded {
		all = multierror.Append(all, fault.At(keyAgainst.At(p), "the gate has two bounds: another score, and a number").Mend("make two gates of it"))
	}
	if g.Against != wordLocked && !strings.HasSuffix(g.Against, ".lock.yaml") {
		all = multierror.Append(all, fault.At(keyAgainst.At(p), "%q is no lock", g.Against).Mend("write `locked`, or a path that ends with .lock.yaml"))
	}
	return all.ErrorOrNil()
}

// checkSide refuses a bound that only bad scores keep.
func checkSide(g Gate, p *recipe.Params, of *Evaluation) error {
	direction := ""
	switch {
	case g.Recovered != "":
		direction = "maximize"
	case g.Forgotten != "":
		direction = "minimize"
	}
	for _, t := range of.Tasks {
		if t.Name == g.Task {
			direction = t.Direction
		}
	}
	switch {
	case direction == "maximize" && g.AtLeast == nil && g.AtMost != nil:
		return fault.At(keyAtMost.At(p), "more is better here, and the gate asks for at most %v", *g.AtMost).Mend("write `at-least`")
	case direction == "minimize" && g.AtMost == nil && g.AtLeast != nil:
		return fault.At(keyAtLeast.At(p), "less is better here, and the gate asks for at least %v", *g.AtLeast).Mend("write `at-most`")
	}
	return nil
}

package stages

import (
	"math"
	"slices"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/recipe"
)

// The words that gates use beside the tasks' names.
const (
	wordWorst  = "worst"
	wordMean   = "mean"
	wordLocked = "locked"
)

// notTasks can be the name of no task: gates and tables use them.
var notTasks = []string{wordWorst, wordMean, "base"}

// read makes the Evaluation of the parameters, with all that is wrong with them.
func (e *evaluating) read() (*Evaluation, error) {
	confidence, _ := keyConfidence.Of(e.Params).Everywhere()
	out := &Evaluation{Base: keyBase.Of(e.Params), Confidence: confidence, Parallel: int(min(keyParallel.Of(e.Params), 1<<10)), DType: keyDtype.Of(e.Params)}
	var all *multierror.Error
	for _, x := range keyEvaluators.Of(e.Params) {
		command, err := commandOf(x.Params)
		out.Evaluators, all = append(out.Evaluators, Evaluator{x.Name, x.Position, *command}), multierror.Append(all, err)
	}
	all = multierror.Append(all, e.readSplits(out))
	for _, t := range keyTasks.Of(e.Params) {
		task, err := e.readTask(t, out.Evaluators)
		out.Tasks, all = append(out.Tasks, task), multierror.Append(all, err)
	}
	for _, g := range keyGates.Of(e.Params) {
		gate, err := e.readGate(g, out)
		out.Gates, all = append(out.Gates, gate), multierror.Append(all, err)
	}
	return out, all.ErrorOrNil()
}

func commandOf(p *recipe.Params) (*Command, error) {
	codes, err := exitCodes(p)
	return &Command{Run: keyRun.Of(p), Format: keyFormat.Of(p), Inputs: keyFiles.Of(p), Env: keyEnv.Of(p),
		Version: keyVersion.Of(p), Timeout: keyTimeout.Of(p), Retries: int(min(keyRetries.Of(p), 1<<10)), ExitCodes: codes}, err
}

func exitCodes(p *recipe.Params) (out []int, err error) {
	for _, n := range keyExitCodes.Of(p) {
		code, _ := n.Everywhere()
		if code != math.Trunc(code) {
			return nil, fault.At(keyExitCodes.At(p), "%v is no exit code", code).Mend("write whole numbers, such as [0, 1]")
		}
		out = append(out, int(code))
	}
	return out, nil
}

func (e *evaluating) readSplits(out *Evaluation) error {
	splits := keySplits.Of(e.Params)
	if splits == nil {
		return nil
	}
	test := keyTest.Of(splits)
	out.Test = &Documents{First: test.First, Last: test.Last}
	if !keySelect.In(splits) {
		return nil
	}
	selected := keySelect.Of(splits)
	out.Select = &Documents{First: selected.First, Last: selected.Last}
	if selected.First <= test.Last && test.First <= selected.Last {
		return fault.At(keySelect.At(splits), "select and test have documents in common, %d to %d, so that a score would be reported on what it was chosen by", max(selected.First, test.First), min(selected.Last, test.Last)).
			Mend("give them ranges apart, such as {select: 0-199, test: 200-499}")
	}
	return nil
}

func (e *evaluating) readTask(t recipe.Named, evaluators []Evaluator) (Task, error) {
	out := Task{Name: t.Name, At: t.Position, Evaluator: keyEvaluator.Of(t.Params), ID: t.Name,
		Metric: keyMetric.Of(t.Params), Direction: keyDirection.Of(t.Params), Expert: keyExpert.Of(t.Params)}
	if keyTask.In(t.Params) {
		out.ID = keyTask.Of(t.Params)
	}
	var all *multierror.Error
	if slices.Contains(notTasks, t.Name) {
		all = multierror.Append(all, fault.At(t.Position, "%q has a meaning of its own in gates and tables", t.Name).Mend("call the task something else, and write the evaluator's own name as `task: "+t.Name+"`"))
	}
	switch own := keyRun.In(t.Params); {
	case own && out.Evaluator != "":
		all = multierror.Append(all, fault.At(keyRun.At(t.Params), "task %q has an evaluator and a command of its own", t.Name).Mend("leave one of the two out"))
	case own:
		command, err := commandOf(t.Params)
		out.Own, all = command, multierror.Append(all, err)
	case out.Evaluator == "":
		all = multierror.Append(all, fault.At(t.Position, "nothing measures task %q", t.Name).Mend("add `evaluator: NAME`, one of the stage's `evaluators`, or a command of its own: `run: [python3, eval.py, \"{adapter}\"]`"))
	default:
		names := namesOf(evaluators, func(x Evaluator) string { return x.Name })
		if !slices.Contains(names, out.Evaluator) {
			all = multierror.Append(all, unknownOf(keyEvaluator.At(t.Params), "evaluator", out.Evaluator, names, "is among the stage's `evaluators`", "add `evaluators` to the stage, or give the task a `run` of its own"))
		}
		all = multierror.Append(all, strayCommand(t))
	}
	switch experts := e.experts(); {
	case out.Expert != "" && !slices.Contains(experts, out.Expert):
		all = multierror.Append(all, unknownOf(keyExpert.At(t.Params), "adapter", out.Expert, experts, "is among the experts", "add `experts` to the stage: those adapters"))
	case out.Expert == "" && slices.Contains(experts, t.Name):
		out.Expert = t.Name
	}
	return out, all.ErrorOrNil()
}

// strayCommand refuses what describes a command in a task that has none of its own.
func strayCommand(t recipe.Named) error {
	var all *multierror.Error
	for _, p := range commandParams(false) {
		if t.Params.Has(p.Name) {
			all = multierror.Append(all, fault.At(t.Params.At(p.Name), "%q describes a command, and task %q has none of its own", p.Name, t.Name).Mend("write it in the evaluator"))
		}
	}
	return all.ErrorOrNil()
}

// unknownOf is UnknownName, with a remedy for where there are no names at all.
func unknownOf(at recipe.Position, what, name string, known []string, where, none string) error {
	unknown := recipe.UnknownName(at, what, name, known, where)
	if len(known) == 0 {
		unknown.Mend(none)
	}
	return unknown
}

func namesOf[T any](all []T, name func(T) string) []string {
	var names []string
	for _, x := range all {
		names = append(names, name(x))
	}
	return names
}

package recipe

import (
	"math"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/internal/fault"
	"gopkg.in/yaml.v3"
)

// The entries of a sweep.
const (
	wordSweep     = "sweep"
	wordAxes      = "axes"
	wordSearch    = "search"
	wordMaxTrials = "max-trials"
	wordParallel  = "parallel"
	wordMaxFailed = "max-failed"
	wordRepeat    = "repeat"
	wordHalving   = "halving"
	wordGoal      = "goal"
	wordTask      = "task"
	wordRecovered = "recovered"
	wordForgotten = "forgotten"

	keyMinSamples      Key[uint64] = "min-samples"
	keyReductionFactor Key[uint64] = "reduction-factor"
)

var goalRecord = RecordType{What: "a goal", Fields: []*Param{
	{Name: wordTask, Type: TextType{"the name of a task"}, Doc: "the task whose score is to be good"},
	{Name: wordRecovered, Type: TextType{"worst, mean or the name of a task"}, Doc: "the share of the expert's gain over the base that is to be large"},
	{Name: wordForgotten, Type: TextType{"worst or the name of a task"}, Doc: "what a task without an expert lost against the base, which is to be little"},
}, Example: "{recovered: worst}", Instead: map[string]string{
	"metric": "name a task of the evaluation, which has a metric: {task: NAME}",
	"name":   "name a task of the evaluation, which has a metric: {task: NAME}", "goal": "name a task of the evaluation, which has a metric: {task: NAME}",
	"maximize": taskInstead, "minimize": taskInstead,
	"type": directionInstead, "direction": directionInstead,
}}

const taskInstead = "name a task, {task: NAME}: its `direction` says which scores are better"

const directionInstead = "leave it out: which scores are better is said by the task's `direction`"

var halvingRecord = RecordType{What: "halving", Fields: []*Param{
	{Name: string(keyMinSamples), Type: CountType{Min: 1}, Required: true, Doc: "how many documents every trial is scored on at first"},
	{Name: string(keyReductionFactor), Type: CountType{Min: 2}, Default: uint64(3), Doc: "one trial in so many goes on, with so many times the documents"},
}, Example: "{min-samples: 50, reduction-factor: 3}", Instead: map[string]string{
	"min-resource": minSamplesInstead, "min_resource": minSamplesInstead, "min_iter": minSamplesInstead, "min-iter": minSamplesInstead, "grace_period": minSamplesInstead,
	"eta": "write `reduction-factor`", "max_t": maxSamplesInstead, "max-samples": maxSamplesInstead, "max_iter": maxSamplesInstead, "max_resource": maxSamplesInstead,
}}

const (
	minSamplesInstead = "write `min-samples`, in documents"
	maxSamplesInstead = "leave it out: the last trials are scored on all documents of `select`"
)

// sweepRecord declares the entries; how they fit together is sweepType's to check.
var sweepRecord = RecordType{What: "a sweep", Fields: []*Param{
	{Name: wordAxes, Type: axesType{}, Required: true, Doc: "variables of the recipe and the values that they may have"},
	{Name: wordSearch, Type: Searches, Default: SearchRandom, Doc: "grid: every point; random; halton: spread evenly; cma-es: guided by the goal, over ranges, once for each choice of the lists"},
	{Name: wordSeed, Type: CountType{}, Default: uint64(0), Doc: "of the search"},
	{Name: wordMaxTrials, Type: CountType{Min: 1}, Doc: "how many points are tried; required unless it is a grid, which may not have more"},
	{Name: wordParallel, Type: CountType{Min: 1}, Default: uint64(1), Doc: "how many trials may run at once"},
	{Name: wordMaxFailed, Type: CountType{}, Default: uint64(3), Doc: "how many trials may fail before the sweep ends"},
	{Name: wordRepeat, Type: CountType{Min: 1}, Default: uint64(1), Doc: "with how many seeds of the recipe a trial is made, if it draws at random"},
	{Name: wordHalving, Type: halvingRecord, Doc: "score all trials on a few documents, and only the best of them on more"},
	{Name: wordGoal, Type: RecordsType{goalRecord}, Required: true, Doc: "what trials are compared by; several goals give a Pareto front"},
}, Example: "{axes: {size: {min: 0.5, max: 1.5}}, max-trials: 30, goal: {recovered: worst}}", Instead: map[string]string{
	"method": searchInstead, "algorithm": searchInstead, "sampler": searchInstead, "strategy": searchInstead,
	"parameters": axesInstead, "params": axesInstead, "space": axesInstead,
	"metric": goalInstead, "objective": goalInstead, "direction": goalInstead, "directions": goalInstead,
	"run_cap": maxTrialsInstead, "count": maxTrialsInstead, "budget": maxTrialsInstead, "run-cap": maxTrialsInstead, "trials": maxTrialsInstead, "n_trials": maxTrialsInstead, "n-trials": maxTrialsInstead, "num_samples": maxTrialsInstead, "maxTrialCount": maxTrialsInstead,
	"n_jobs": parallelInstead, "workers": parallelInstead, "jobs": parallelInstead, "parallelTrialCount": parallelInstead, "max_concurrent_trials": parallelInstead,
	"early_terminate": halvingInstead, "early-terminate": halvingInstead, "pruner": halvingInstead, "scheduler": halvingInstead, "earlyStopping": halvingInstead,
	"seeds": "write `repeat`, the number of seeds", "repeats": "write `repeat`, the number of seeds",
}}

// What other tools call the entries, and what to write instead.
const (
	searchInstead    = "write `search`: grid, random, halton or cma-es"
	axesInstead      = "write `axes`"
	goalInstead      = "write `goal`, such as {recovered: worst} or {task: NAME}"
	maxTrialsInstead = "write `max-trials`"
	parallelInstead  = "write `parallel`"
	halvingInstead   = "write `halving`, such as {min-samples: 50, reduction-factor: 3}"
)

// sweepType is the search for the values of variables: a *Sweep.
type sweepType struct{}

// Describe names the entries.
func (sweepType) Describe() string { return sweepRecord.Describe() }

func (sweepType) schema(w *schemaWriter) schema { return sweepRecord.schema(w) }

func (sweepType) read(r *reader, node *yaml.Node) (any, bool) {
	read, good := sweepRecord.read(r, node)
	p := read.(*Params)
	if node.Kind != yaml.MappingNode {
		return nil, false
	}
	s := &Sweep{Position: r.at(node), entries: p, Search: Key[string](wordSearch).Of(p), Seed: Key[uint64](wordSeed).Of(p),
		MaxTrials: count(p, wordMaxTrials), Parallel: count(p, wordParallel), MaxFailed: count(p, wordMaxFailed), Repeat: count(p, wordRepeat)}
	s.Axes = Key[[]Axis](wordAxes).Of(p)
	if h := Key[*Params](wordHalving).Of(p); h != nil {
		s.Halving = &Halving{h.at, count(h, string(keyMinSamples)), count(h, string(keyReductionFactor))}
	}
	for _, g := range Key[[]*Params](wordGoal).Of(p) {
		s.Goals = append(s.Goals, Goal{g.at, Key[string](wordTask).Of(g), Key[string](wordRecovered).Of(g), Key[string](wordForgotten).Of(g)})
	}
	before := len(r.mistakes.Errors)
	r.checkGoals(s)
	r.checkConditions(s.Axes, good)
	if good {
		r.checkSearch(s)
	}
	return s, good && len(r.mistakes.Errors) == before
}

// count is a whole number as far as an int32 holds it.
func count(p *Params, name string) int {
	return int(min(Key[uint64](name).Of(p), math.MaxInt32))
}

// checkGoals: each goal is about one thing, and no two are the same.
func (r *reader) checkGoals(s *Sweep) {
	seen := make(map[string]bool)
	for _, g := range s.Goals {
		given := 0
		for _, word := range []string{g.Task, g.Recovered, g.Forgotten} {
			if word != "" {
				given++
			}
		}
		switch {
		case given != 1:
			r.report(fault.At(g.Position, "a goal is one of task, recovered and forgotten, and this one has %d of them", given).Mend("write one of them, such as {recovered: worst}, or a list of goals for a Pareto front"))
		case seen[g.String()]:
			r.report(fault.At(g.Position, "this goal is there twice: %s", g).Mend("remove one of the two"))
		}
		seen[g.String()] = true
	}
}

// checkSearch: the search fits the axes and what else is asked.
func (r *reader) checkSearch(s *Sweep) {
	ranges := 0
	for _, a := range s.Axes {
		if a.Range == nil {
			continue
		}
		ranges++
		if s.Search == SearchGrid && a.Range.Step == 0 && !a.Range.Whole {
			r.report(fault.At(a.Range.Position, "a range of a grid needs a step, and %q has none", a.Name).Mend(a.Range.stepped()))
		}
	}
	switch {
	case s.MaxTrials > TrialLimit:
		r.report(fault.At(s.At(wordMaxTrials), "a sweep has at most %d trials", TrialLimit).Mend("write a smaller number"))
	case s.MaxTrials == 0 && s.Search != SearchGrid:
		r.report(fault.At(s.Position, "the sweep does not say how many trials to make").Mend("add `max-trials`, such as 60, or write `search: grid` to try every point"))
	}
	if s.Search == SearchCMAES && ranges == 0 {
		r.report(fault.At(s.At(wordSearch), "cma-es searches over ranges, and no axis is one").Mend("write an axis as a range, such as {min: 0.5, max: 1.5}, or `search: grid`"))
	}
	if s.Search == SearchCMAES && s.Halving != nil {
		r.report(fault.At(s.Halving.Position, "cma-es compares trials on all documents, and halving scores most of them on few").Mend("leave `halving` out, or write `search: random`"))
	}
}

// checkVariables: each axis is a variable that makes a difference, and where it names a stage all its
// values do.
func (r *reader) checkVariables(s *Sweep, vars []Variable, stages []*Stage) {
	names := mapped(stages, func(s *Stage) string { return s.Name })
	for _, a := range s.Axes {
		v := findVariable(a.Name, vars)
		switch {
		case v == nil:
			remedy := "declare it under `vars` with the value that it has now, and write \"${" + a.Name + "}\" where it belongs"
			if nearest, ok := Nearest(a.Name, mapped(vars, func(v Variable) string { return v.Name })); ok {
				remedy = r.didYouMean(a.Name, []string{nearest})
			}
			r.report(fault.At(a.Position, "an axis is a variable of the recipe, and there is none called %q", a.Name).Mend(remedy))
		case v.broken:
		case v.missing:
			r.report(fault.At(v.Position, "the variable %q is an axis of the sweep, and has no default to compare with", a.Name).Mend("write the value that it has now"))
		case !r.used[a.Name]:
			r.report(fault.At(a.Position, "nothing uses the variable %q, so that all its values give the same", a.Name).Mend("write \"${" + a.Name + "}\" where it belongs, or remove the axis"))
		case r.naming[a.Name]:
			for _, value := range a.Values {
				if stage, _, _ := strings.Cut(value, "."); !slices.Contains(names, stage) {
					r.report(fault.At(a.Position, "the variable %q names a stage, and there is no stage %q", a.Name, stage).Mend(r.didYouMean(stage, names)))
				}
			}
		}
	}
}

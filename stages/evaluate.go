package stages

import (
	"context"
	"math"
	"slices"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/recipe"
)

// Formats are what evaluators may write; package results reads them.
var Formats = recipe.ChoiceType{"json", "lm-eval", "inspect", "promptfoo"}

// commandParams declare a command; required where nothing else gives one.
func commandParams(required bool) []*recipe.Param {
	return []*recipe.Param{
		{Name: string(keyRun), Type: recipe.WordsType{}, Required: required, NotInDigest: true, Doc: "the command; {adapter}, {tasks}, {split}, {samples}, {range}, {limit}, {out}, {rank} and {max-lora-rank} in its words stand for what a run fills in, {{ for a brace"},
		{Name: string(keyFormat), Type: Formats, Default: Formats[0], NotInDigest: true, Doc: "what the command writes below {out}; json may be printed instead"},
		{Name: string(keyFiles), Type: recipe.NamesType{What: "the path of a file or folder"}, NotInDigest: true, Doc: "what the command reads: when its content changes, scores are measured anew"},
		{Name: string(keyEnv), Type: recipe.EnvironmentType{}, NotInDigest: true, Doc: "environment variables to set for the command"},
		{Name: string(keyVersion), Type: recipe.TextType{What: "a version"}, NotInDigest: true, Doc: "of the command: when it changes, scores are measured anew"},
		{Name: string(keyTimeout), Type: recipe.DurationType{}, NotInDigest: true, Doc: "how long one try may take"},
		{Name: string(keyRetries), Type: recipe.CountType{}, Default: uint64(0), NotInDigest: true, Doc: "how often a command that failed is started again"},
		{Name: string(keyExitCodes), Type: recipe.NumbersType{Each: recipe.NumberType{Min: 0, Max: 255, Single: true}}, NotInDigest: true, Doc: "after which exit codes a result counts: 0, and with promptfoo also 100, if not given"},
	}
}

var evaluatorType = recipe.RecordType{What: "an evaluator", Fields: commandParams(true)}

var taskType = recipe.RecordType{What: "a task", Fields: append([]*recipe.Param{
	{Name: string(keyMetric), Type: recipe.TextType{What: "the name of a metric"}, Required: true, NotInDigest: true, Doc: "which of the evaluator's numbers is the score"},
	{Name: string(keyDirection), Type: recipe.ChoiceType{"maximize", "minimize"}, NotInDigest: true, Doc: "which scores are better, where the evaluator does not say"},
	{Name: string(keyEvaluator), Type: recipe.TextType{What: "the name of an evaluator"}, NotInDigest: true, Doc: "the evaluator that measures it, with others in one run"},
	{Name: string(keyTask), Type: recipe.TextType{What: "a name"}, NotInDigest: true, Doc: "what the evaluator calls the task, if not by its name here"},
	{Name: string(keyExpert), Type: recipe.TextType{What: "the name of an adapter"}, NotInDigest: true, Doc: "the adapter among the experts that was trained for the task, if it has another name"},
}, commandParams(false)...)}

var splitsType = recipe.RecordType{What: "splits", Fields: []*recipe.Param{
	{Name: string(keySelect), Type: recipe.SpanType{What: "the documents"}, NotInDigest: true, Doc: "what a search may see"},
	{Name: string(keyTest), Type: recipe.SpanType{What: "the documents"}, Required: true, NotInDigest: true, Doc: "what scores and gates are about"},
}}

var bound = recipe.NumberType{Min: math.Inf(-1), Max: math.Inf(1), Single: true}

var gateType = recipe.RecordType{What: "a gate", Fields: []*recipe.Param{
	{Name: string(keyTask), Type: recipe.TextType{What: "the name of a task"}, NotInDigest: true, Doc: "the task whose score is held to the bound"},
	{Name: string(keyRecovered), Type: recipe.TextType{What: "worst, mean or the name of a task"}, NotInDigest: true, Doc: "the share of the expert's gain over the base that is held to the bound"},
	{Name: string(keyForgotten), Type: recipe.TextType{What: "worst or the name of a task"}, NotInDigest: true, Doc: "what a task without an expert lost against the base, in units of its score"},
	{Name: string(keyAtLeast), Type: bound, NotInDigest: true, Doc: "the least that passes"},
	{Name: string(keyAtMost), Type: bound, NotInDigest: true, Doc: "the most that passes"},
	{Name: string(keyAgainst), Type: recipe.TextType{What: "locked, or the path of a lock"}, NotInDigest: true, Doc: "instead of a number: the task's score in the recipe's lock, or in another one"},
	{Name: string(keyMargin), Type: recipe.NumberType{Min: 0, Max: math.Inf(1), Single: true}, NotInDigest: true, Doc: "by how much the score may be worse than that; 0 if not given"},
}}

var evaluateKind = &Kind{
	Verb: recipe.Verb{
		Name:    "evaluate",
		Summary: "score adapters with commands, and hold the scores to gates",
		Doc: `Runs evaluators on the adapters that flow in, each of which is written as its save would write it, and
on their references: the experts that they were merged from, and the base model, which is shown as an
adapter of zeros. A command is a list of words, which no shell reads. It runs only with --allow-exec, or
after loramerge allow RECIPE. A score is measured once: it is kept under the digest of the adapter, the documents,
the command and the content of its inputs, so a run that changes none of these starts nothing.

The share of its expert's gain that a task recovers is (base − merged)/(base − expert). Task and expert are
paired by name, or by expert. Every difference is taken document by document where the evaluator gives the
documents' scores. A gate is passed if its bound holds with the given confidence, missed if the contrary
does, and undecided otherwise; unless all gates are passed, the outputs that are made from a scored stage
are not put in place, and the exit code is 3.

With splits, a search sees the documents of select, and scores and gates are about those of test. Documents
count from 0, and both ends belong to the range.`,
		Scores:  true,
		Flow:    "n → scores",
		Example: `{evaluate: merged, experts: [python, sql], tasks: {python: {run: [python3, eval.py, "{adapter}"], inputs: eval.py, metric: bpb, direction: minimize}}, gates: {recovered: worst, at-least: 0.8}}`,
		Params: []*recipe.Param{
			{Name: string(keyTasks), Type: recipe.NamedType{Each: taskType}, Required: true, NotInDigest: true, Doc: "what is measured, by names that reports and gates use"},
			{Name: string(keyExperts), Type: recipe.ReferencesType{}, NotInDigest: true, Doc: "the adapters that the tasks' own training made"},
			{Name: string(keyBase), Type: recipe.SwitchType{}, Default: true, NotInDigest: true, Doc: "whether the model without an adapter is scored too"},
			{Name: string(keyEvaluators), Type: recipe.NamedType{Each: evaluatorType}, NotInDigest: true, Doc: "commands that serve several tasks in one run"},
			{Name: string(keySplits), Type: splitsType, NotInDigest: true, Doc: "which documents are scored; all if not given"},
			{Name: string(keyConfidence), Type: recipe.NumberType{Min: 0.5, Max: 0.9999, Single: true}, Default: recipe.Constant(0.95), NotInDigest: true, Doc: "the one-sided confidence of every gate"},
			{Name: string(keyGates), Type: recipe.RecordsType{Each: gateType}, NotInDigest: true, Doc: "what the scores must hold"},
			{Name: string(keyParallel), Type: recipe.CountType{Min: 1}, Default: uint64(1), NotInDigest: true, Doc: "how many commands may run at once"},
			{Name: string(keyDtype), Type: recipe.ChoiceType{"inputs", "float32", "float16", "bfloat16", "float64"}, NotInDigest: true, Doc: "the dtype of the adapters as commands see them; as the stage is saved if not given"},
		},
	},
	Version: 1,
	Bind:    bindEvaluate,
}

type evaluating struct {
	Spec
	asked *Evaluation
}

func bindEvaluate(spec Spec) (Op, Type, error) {
	e := &evaluating{Spec: spec}
	var all *multierror.Error
	for slot, in := range spec.In {
		at := spec.Inputs[0].Position
		if slot > 0 {
			at = keyExperts.At(spec.Params)
		}
		if in.Space != Factors {
			all = multierror.Append(all, fault.At(at, "evaluators are shown factors, and a delta flows in").Mend("bring it back with `factor` first").See("spaces"))
		}
		if name := headed(in); name != "" && keyBase.Of(spec.Params) {
			all = multierror.Append(all, fault.At(at, "%q holds whole tensors, which the model without an adapter lacks, so that their scores can't be compared", name).
				Mend("write `base: false`; there is then no recovered share").See("whole-tensors"))
		}
	}
	asked, err := e.read()
	e.asked = asked
	return e, spec.In[0], multierror.Append(all, err).ErrorOrNil()
}

// headed names an adapter with whole tensors.
func headed(in Type) string {
	for _, m := range in.Members {
		if slices.ContainsFunc(m.Modules, func(m *adapter.Module) bool { return m.Form == adapter.Whole }) {
			return m.Name
		}
	}
	return ""
}

// Evaluation is what the parameters ask for.
func (e *evaluating) Evaluation() *Evaluation { return e.asked }

// Apply passes on what is to be scored.
func (e *evaluating) Apply(_ context.Context, _ Env, in []Value) (Value, error) { return in[0], nil }

// Warnings tell what of the parameters has no use.
func (e *evaluating) Warnings() []*fault.Fault {
	var all []*fault.Fault
	for _, x := range e.asked.Evaluators {
		if !slices.ContainsFunc(e.asked.Tasks, func(t Task) bool { return t.Evaluator == x.Name }) {
			all = append(all, fault.At(x.At, "no task is measured by the evaluator %q", x.Name).Mend("remove it, or name it in a task: `evaluator: "+x.Name+"`").See("unused"))
		}
	}
	for _, name := range e.experts() {
		if !slices.ContainsFunc(e.asked.Tasks, func(t Task) bool { return t.Expert == name }) {
			all = append(all, fault.At(keyExperts.At(e.Params), "the expert %q has no task", name).Mend("add a task of its name, or write `expert: "+name+"` in one").See("unused"))
		}
	}
	return all
}

// experts are the names of the adapters in the slot of that parameter.
func (e *evaluating) experts() []string {
	if len(e.In) < 2 {
		return nil
	}
	return e.In[1].Names()
}

// ShownAs is a stage that writes an adapter for commands as the save does, or where there is
// none, in its inputs' dtype. A dtype that is given counts instead. What readers require of the
// save is none of its concern.
func ShownAs(at recipe.Position, name string, from recipe.Reference, dtype string, save *recipe.Stage) *recipe.Stage {
	params := recipe.NewParams(&saveKind.Verb, at)
	if save != nil {
		params = save.Params
	}
	presets := map[string]any{string(keyTo): name}
	without := []string{string(keyTo), string(keyFor), string(keyMaxLoraRank), string(keyBaseConfig), string(keyCarry)}
	if dtype != "" {
		presets[string(keyDtype)], without = dtype, append(without, string(keyDtype))
	}
	return &recipe.Stage{Position: at, Name: name, Verb: &saveKind.Verb, Inputs: []recipe.Reference{from}, Params: params.For(&saveKind.Verb, presets, without)}
}

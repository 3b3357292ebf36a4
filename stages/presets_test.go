package stages_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// telling are the parameters in which the variants of a method differ.
var telling = []string{"scope", "by", "tie", "scales", "over", "weights-on", "rescale", "straight", "rank"}

// expansion writes what a shorthand stands for: each stage's verb, inputs, telling
// parameters, and whether the weights are its own.
func expansion(t *testing.T, line string) string {
	t.Helper()
	text := "version: 1\nstages:\n  a: {load: a}\n  b: {load: b}\n  m: " + line + "\n"
	parsed, err := recipe.Parse("recipe.yaml", []byte(text), stages.Verbs())
	if err != nil {
		t.Fatal(err)
	}
	var steps []string
	expanded, err := stages.Expand(parsed.Stages[2])
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range expanded {
		step := s.Verb.Name + " " + fmt.Sprint(s.Inputs)
		for _, name := range telling {
			if s.Verb.Declares(name) && s.Params.Value(name) != nil {
				step += " " + name + "=" + parameter(s.Params, name)
			}
		}
		if s.Verb.Declares("weights") && s.Params.Has("weights") {
			step += " weights"
		}
		steps = append(steps, step)
	}
	return strings.Join(steps, "; ")
}

func parameter(p *recipe.Params, name string) string {
	if n, ok := p.Value(name).(*recipe.Number); ok {
		value, _ := n.Everywhere()
		return fmt.Sprintf("%.4f", value)
	}
	return fmt.Sprint(p.Value(name))
}

// TestPresets: each variant as people know it. PEFT: utils/merge_utils.py and
// tuners/lora/model.py. mergekit: merge_methods/generalized_task_arithmetic.py,
// sparsify.py, slerp.py. The paper: arXiv:2306.01708, algorithm 1, and its code.
func TestPresets(t *testing.T) {
	for line, want := range map[string]string{
		"{ties: [a, b], density: 0.5, weights: 2}":                                 "trim [a b] scope=tensor; elect [m/trim] by=total tie=drop scales=refuse; average [m/elect] over=agreeing weights-on=tensors weights",
		"{ties: [a, b], density: 0.5, like: article}":                              "trim [a b] scope=tensor; elect [m/trim] by=total tie=drop scales=refuse; average [m/elect] over=all weights-on=tensors",
		"{ties: [a, b], density: 0.5, weights: 2, like: peft}":                     "trim [a b] scope=tensor; elect [m/trim] by=total tie=positive scales=ignore; average [m/elect] over=agreeing weights-on=delta weights",
		"{ties: [a, b], density: 0.5, weights: 2, like: mergekit}":                 "trim [a b] scope=tensor; elect [m/trim] by=total tie=positive scales=refuse weights; average [m/elect] over=weights weights-on=tensors weights",
		"{ties: [a, b], density: 0.5, like: ties-paper}":                           "trim [a b] scope=adapter; elect [m/trim] by=total tie=majority scales=refuse; average [m/elect] over=agreeing weights-on=tensors",
		"{ties: [a, b], density: 0.5, like: ties-paper, tie: drop, by: frequency}": "trim [a b] scope=adapter; elect [m/trim] by=frequency tie=drop scales=refuse; average [m/elect] over=agreeing weights-on=tensors",
		"{ties: [a, b], density: 0.5, like: peft, space: delta, rank: 4}":          "delta [a b]; trim [m/delta] scope=tensor; elect [m/trim] by=total tie=positive scales=refuse; average [m/elect] over=agreeing weights-on=tensors; factor [m/average] rank=4",
		"{dare: [a, b], density: 0.5}":                                             "dare-drop [a b] by=chance rescale=inverse-density; average [m/dare-drop] over=all weights-on=tensors",
		"{dare: [a, b], density: 0.5, like: peft}":                                 "dare-drop [a b] by=chance rescale=inverse-density; sum [m/dare-drop] weights-on=delta",
		"{dare: [a, b], density: 0.5, like: mergekit}":                             "dare-drop [a b] by=chance rescale=l1; average [m/dare-drop] over=all weights-on=tensors",
		"{dare: [a, b], like: article, weights: 2}":                                "dare-drop [a b] by=disagreement rescale=inverse-density; sum [m/dare-drop] weights-on=tensors weights; sum [a b] weights-on=tensors weights; rescale [m/sum] scope=tensor",
		"{dare: [a, b], like: article, space: delta, rank: 4}":                     "delta [a b]; dare-drop [m/delta] by=disagreement rescale=inverse-density; sum [m/dare-drop] weights-on=tensors; sum [m/delta] weights-on=tensors; rescale [m/sum] scope=tensor; factor [m/rescale] rank=4",
		"{dare-ties: [a, b], density: 0.5}":                                        "dare-drop [a b] by=chance rescale=inverse-density; elect [m/dare-drop] by=total tie=drop scales=refuse; average [m/elect] over=agreeing weights-on=tensors",
		"{dare-ties: [a, b], density: 0.5, like: peft}":                            "dare-drop [a b] by=chance rescale=inverse-density; elect [m/dare-drop] by=total tie=positive scales=ignore; average [m/elect] over=agreeing weights-on=delta",
		"{dare-ties: [a, b], density: 0.5, by: frequency, like: mergekit}":         "dare-drop [a b] by=chance rescale=l1; elect [m/dare-drop] by=frequency tie=positive scales=refuse; average [m/elect] over=weights weights-on=tensors",
		"{linear: [a, b]}":                 "average [a b] over=all weights-on=tensors",
		"{linear: [a, b], like: article}":  "average [a b] over=all weights-on=tensors",
		"{linear: [a, b], like: mergekit}": "average [a b] over=all weights-on=tensors",
		"{linear: [a, b], like: peft}":     "sum [a b] weights-on=delta",
		"{slerp: [a, b], like: article}":   "slerp [a b] scope=tensor straight=0.0001",
		"{slerp: [a, b], like: mergekit}":  "slerp [a b] scope=tensor straight=0.0316",
		"{svd: [a, b], rank: 4}":           "delta [a b]; sum [m/delta] weights-on=tensors; factor [m/sum] rank=4",
	} {
		if got := expansion(t, line); got != want {
			t.Errorf("%s\n got %s\nwant %s", line, got, want)
		}
	}
}

// TestPresetNames: what a shorthand makes is called as its stage is, whatever the
// steps in between, so that later stages can speak of it.
func TestPresetNames(t *testing.T) {
	inputs := exampleInputs(t, "factors", normal)
	for _, verb := range []string{
		"svd: [python, sql], rank: 4", "linear: [python, sql], space: delta, rank: 4", "linear: [python, sql]",
		"ties: [python, sql], density: 0.5, space: delta, rank: 4", "dare: [python, sql], like: article, space: delta, rank: 4",
	} {
		out := play(t, inputs, "x: {"+verb+"}", "y: {scale: x, by: {x: 2}}")
		if names := out.Names(); !slices.Equal(names, []string{"x"}) {
			t.Errorf("%s makes %q", verb, names)
		}
	}
}

// peftTies is ties of PEFT's merge_utils.py: the k = int(density·n) largest
// magnitudes; sign(Σx) with 0 counted as +; Σ over the agreeing, weighted, divided
// by their number, at least 1.
func peftTies(xs [][]float64, weights []float64, density float64) []float64 {
	pruned := make([][]float64, len(xs))
	for i, x := range xs {
		pruned[i] = trimmed(x, int(density*float64(len(x))))
	}
	out := combined(pruned, slices.Repeat([]float64{1}, len(xs))...)
	for e, total := range out {
		majority, mixed, preserved := 1.0, 0.0, 0.0
		if total < 0 {
			majority = -1
		}
		for i := range pruned {
			if sign(pruned[i][e]) == majority {
				mixed += weights[i] * pruned[i][e]
				preserved++
			}
		}
		out[e] = mixed / max(preserved, 1)
	}
	return out
}

// TestLikePEFT compares linear and ties with PEFT's definitions, where √(w·s) stands
// on both A and B.
func TestLikePEFT(t *testing.T) {
	inputs := exampleInputs(t, "factors", normal) // of scale 2
	weights := []float64{math.Sqrt(0.7 * 2), math.Sqrt(0.2 * 2)}
	const given = "weights: {python: 0.7, sql: 0.2}, like: peft}"
	d := drawn{[]string{"python", "sql"}, inputs}
	d.check(t, play(t, inputs, "m: {linear: [python, sql], "+given), 1e-6, one(func(xs [][]float64) []float64 { return combined(xs, weights...) }))
	d.check(t, play(t, inputs, "m: {ties: [python, sql], density: 0.4, "+given), 1e-6, one(func(xs [][]float64) []float64 { return peftTies(xs, weights, 0.4) }))
}

// mergekitTies is mergekit's generalized task arithmetic with ties: signs elected on
// weighted values, their sum divided by the weights of those that agree.
func mergekitTies(xs [][]float64, weights []float64, density float64) []float64 {
	weighted := make([][]float64, len(xs))
	for i, x := range xs {
		weighted[i] = mapped(trimmed(x, int(density*float64(len(x)))), func(v float64) float64 { return weights[i] * v })
	}
	out := combined(weighted, slices.Repeat([]float64{1}, len(xs))...)
	for e, total := range out {
		mixed, divisor := 0.0, 0.0
		for i, x := range weighted {
			if x[e] != 0 && sign(x[e]) == sign(total) {
				mixed, divisor = mixed+x[e], divisor+weights[i]
			}
		}
		if out[e] = 0; divisor >= 1e-8 {
			out[e] = mixed / divisor
		}
	}
	return out
}

func TestLikeMergekit(t *testing.T) {
	inputs := exampleInputs(t, "factors", normal)
	d := drawn{[]string{"python", "sql"}, inputs}
	out := play(t, inputs, "m: {ties: [python, sql], density: 0.4, weights: {python: 0.7, sql: 0.2}, like: mergekit}")
	d.check(t, out, 1e-6, one(func(xs [][]float64) []float64 { return mergekitTies(xs, []float64{0.7, 0.2}, 0.4) }))
}

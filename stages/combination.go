package stages

import (
	"math"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/recipe"
)

var weightsOnParam = &recipe.Param{Name: string(keyWeightsOn), Type: recipe.ChoiceType{"tensors", "delta"}, Default: "tensors",
	Doc: "in the space factors, multiply A and B by w each, or share w·s between them: sign(w·s)·√|w·s| on A, √|w·s| on B (PEFT)"}

// checkCombination checks what every verb from n to 1 needs: inputs that can be aligned, and
// weights for all of them. numbers is what else is wrong with the weights. What is aligned
// is dense if it must be combined that way.
func (s Spec) checkCombination(c Combiner, in Type, elementwise bool, numbers error) (aligned, out Type, err error) {
	aligned, err = s.alignWith(in, tolerance{scales: s.sharesScale(), combines: true})
	weights := multierror.Append(s.checkNumber(keyWeights, in), numbers).ErrorOrNil()
	all := multierror.Append(err, weights)
	if weights == nil {
		all = multierror.Append(all, checkShares(s, c, aligned))
	}
	if in.Space == Core && s.Verb.Declares(string(keyScope)) && keyScope.Of(s.Params) == "row" {
		all = multierror.Append(all, fault.At(keyScope.At(s.Params), "the rows of M in the core space are no rows of ΔW").
			Mend("use `scope: tensor`, or merge in the space delta").See("spaces"))
	}
	if in.Space != Factors && s.sharesScale() {
		all = multierror.Append(all, fault.At(keyWeightsOn.At(s.Params), "a delta is one tensor, which has one weight").Mend("remove it"))
	}
	if all.ErrorOrNil() != nil {
		return aligned, aligned.one(s.Makes(), nil), all
	}
	if elementwise || aligned.outgrows() {
		aligned = aligned.dense()
	}
	modules := merged(aligned)
	if s.sharesScale() {
		modules = mapModules(modules, foldScale)
	}
	return aligned, aligned.one(s.Makes(), modules), nil
}

// sharesScale reports whether the scale goes into the weights.
func (s Spec) sharesScale() bool {
	return s.Verb.Declares(string(keyWeightsOn)) && keyWeightsOn.Of(s.Params) == "delta"
}

// weightsOn gives the weights of the tensors of a label: w on each, or
// with `weights-on: delta` the roots of |w·s|, the sign on A, so that B·A of one
// adapter is w·s·B·A (PEFT's _generalized_task_arithmetic_weighted_adapter).
func (s Spec) weightsOn(env Env, in Type, weights []float64) func(label byte) []float32 {
	if !s.sharesScale() {
		plain := float32s(weights)
		return func(byte) []float32 { return plain }
	}
	onA, onB := make([]float32, len(weights)), make([]float32, len(weights))
	for i, w := range weights {
		m, _ := in.Members[i].Find(env.Module)
		root := math.Sqrt(math.Abs(w * m.Scale))
		onA[i], onB[i] = float32(math.Copysign(root, w*m.Scale)), float32(root)
	}
	return func(label byte) []float32 {
		if label == 'A' {
			return onA
		}
		return onB
	}
}

// divided are the weights over their sum, or zeros where that is 0.
func divided(weights []float64) []float64 {
	sum := total(weights)
	out := make([]float64, len(weights))
	for i, w := range weights {
		if sum != 0 {
			out[i] = w / sum
		}
	}
	return out
}

func (s Spec) zeroSums(in Type) []*fault.Fault {
	for _, site := range Sites(in.Union()) {
		if total(s.weights(site, in.Names())) == 0 {
			return []*fault.Fault{fault.At(keyWeights.At(s.Params), "the weights sum to 0 at %q", site.Module).Mend("is that intended?").See("weights-of-sum-0")}
		}
	}
	return nil
}

// scaleOf is the scale of each adapter at a module; 1 where it lacks it.
func scaleOf(in Type, module string) []float64 {
	out := make([]float64, len(in.Members))
	for i := range out {
		out[i] = 1
	}
	for i, m := range in.At(module) {
		if m.Form != adapter.Whole {
			out[i] = m.Scale
		}
	}
	return out
}

// normParam is taken by every verb that makes one adapter of several. The result of the
// verb itself does not depend on it: the rescale that it appends does the work.
var normParam = &recipe.Param{
	Name: string(keyNorm), Type: recipe.ChoiceType{"inputs"}, NotInDigest: true,
	Doc: "inputs: add a rescale to the mean norm of the inputs, reduced where they interfere",
}

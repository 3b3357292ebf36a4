package stages

import (
	"context"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/kernels"
	"github.com/loramerge/loramerge/recipe"
)

var overParam = &recipe.Param{Name: string(keyOver), Type: recipe.ChoiceType{"all", "agreeing", "weights"}, Default: "all",
	Doc: "divide by Σwᵢ, by the number of xᵢ ≠ 0 (PEFT), or by the Σwᵢ of those xᵢ ≠ 0 (mergekit)"}

var averageKind = &Kind{
	Verb: recipe.Verb{
		Name:    "average",
		Summary: "the weighted mean",
		Doc: `Element by element Σ wᵢ·xᵢ, divided by what over says; where nothing is left to divide by, 0.
After elect, over: agreeing is the disjoint mean of TIES (arXiv:2306.01708). Heads and biases are
averaged over all.`,
		Flow:    "n → 1",
		Example: "{average: [python, sql], weights: {python: 0.6, sql: 0.4}}",
		Params:  []*recipe.Param{weightsParam, overParam, weightsOnParam, missingParam, normParam},
	},
	Version: 1,
	Bind:    bindAverage,
}

type averaging struct {
	Spec
	aligned Type // the input, aligned
}

func bindAverage(spec Spec) (Op, Type, error) {
	a, in := &averaging{Spec: spec}, spec.In
	aligned, out, err := a.checkCombination(a, in[0], a.elementwise(), nil)
	a.aligned = aligned
	return a, out, err
}

// elementwise reports whether the divisor differs from element to element.
func (a *averaging) elementwise() bool { return keyOver.Of(a.Params) != "all" }

// Shares are the weights divided by their sum.
func (a *averaging) Shares(site recipe.Site, adapters []string) []float64 {
	return divided(a.weights(site, adapters))
}

// Warnings warns of weights that sum to 0: the mean is then 0 by definition.
func (a *averaging) Warnings() []*fault.Fault { return a.zeroSums(a.In[0]) }

func (a *averaging) Apply(ctx context.Context, env Env, in []Value) (Value, error) {
	value := env.fillGaps(in[0])
	weights := a.weights(env.Site, value.names())
	if env.Space == Delta && !a.elementwise() && value[0].A.Data != nil {
		return env.combineProducts(ctx, a.Makes(), value, divided(weights), a.aligned.Dense), nil
	}
	on := a.weightsOn(env, a.aligned, weights)
	return env.combine(ctx, a.Makes(), value, func(label byte, dst Matrix, srcs []Matrix) {
		inBlocks(ctx, len(dst.Data), func(from, to int) {
			a.mean(dst.Data[from:to], ranges(srcs, from, to), on(label), float32(total(weights)))
		})
	}), nil
}

// Scratch is the deltas multiplied out where they must be, or what a dense sum of products
// takes, and what fills the gaps.
func (a *averaging) Scratch(module string) int64 {
	if a.elementwise() {
		return a.scratch(module, a.In[0], true)
	}
	return a.scratch(module, a.In[0], false) + a.aligned.sumScratch(module, a.In[0])
}

func (a *averaging) mean(dst []float32, xs [][]float32, weights []float32, sum float32) {
	switch over := keyOver.Of(a.Params); {
	case over == "agreeing":
		kernels.MeanAgreeing(dst, xs, weights)
	case over == "weights":
		kernels.MeanWeights(dst, xs, weights)
	case sum == 0:
		clear(dst)
	default:
		kernels.Combine(dst, xs, weights)
		kernels.Divide(dst, dst, sum)
	}
}

// IsLinear is false of a mean whose divisor differs by element.
func (a *averaging) IsLinear() bool { return !a.elementwise() }

// Coefficients are the shares.
func (a *averaging) Coefficients(site recipe.Site, adapters []string, _ gram) []float64 {
	return a.Shares(site, adapters)
}

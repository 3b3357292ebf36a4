package stages

import (
	"context"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/kernels"
	"github.com/loramerge/loramerge/recipe"
)

var sumKind = &Kind{
	Verb: recipe.Verb{
		Name:    "sum",
		Summary: "the weighted sum (task arithmetic)",
		Doc: `Element by element Σ wᵢ·xᵢ: task arithmetic (arXiv:2212.04089). Heads and biases are absolute
weights, so with them the weights must sum to 1.`,
		Flow:    "n → 1",
		Example: "{sum: [python, sql], weights: {python: 1, sql: 0.5}}",
		Params:  []*recipe.Param{weightsParam, weightsOnParam, missingParam, normParam},
	},
	Version: 1,
	Bind:    bindSum,
}

type summing struct {
	Spec
	aligned Type // the input, aligned
}

func bindSum(spec Spec) (Op, Type, error) {
	s, in := &summing{Spec: spec}, spec.In
	aligned, out, err := s.checkCombination(s, in[0], false, nil)
	s.aligned = aligned
	return s, out, err
}

// Shares are the weights.
func (s *summing) Shares(site recipe.Site, adapters []string) []float64 {
	return s.weights(site, adapters)
}

// Warnings warns of weights that sum to 0.
func (s *summing) Warnings() []*fault.Fault { return s.zeroSums(s.In[0]) }

// Scratch is what fills the gaps, and what a dense sum of products takes.
func (s *summing) Scratch(module string) int64 {
	return s.scratch(module, s.In[0], false) + s.aligned.sumScratch(module, s.In[0])
}

func (s *summing) Apply(ctx context.Context, env Env, in []Value) (Value, error) {
	value := env.fillGaps(in[0])
	weights := s.weights(env.Site, value.names())
	if env.Space == Delta && value[0].A.Data != nil {
		return env.combineProducts(ctx, s.Makes(), value, weights, s.aligned.Dense), nil
	}
	on := s.weightsOn(env, s.aligned, weights)
	return env.combine(ctx, s.Makes(), value, func(label byte, dst Matrix, srcs []Matrix) {
		inBlocks(ctx, len(dst.Data), func(from, to int) {
			kernels.Combine(dst.Data[from:to], ranges(srcs, from, to), on(label))
		})
	}), nil
}

// IsLinear is true of every sum.
func (s *summing) IsLinear() bool { return true }

// Coefficients are the weights.
func (s *summing) Coefficients(site recipe.Site, adapters []string, _ gram) []float64 {
	return s.weights(site, adapters)
}

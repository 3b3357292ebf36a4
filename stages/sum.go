package stages

import (
	"context"

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
	New:     func(s Spec) Op { return &summing{Spec: s} },
}

type summing struct {
	Spec
	in Type
}

func (s *summing) Check(in []Type) (Type, error) {
	aligned, out, err := s.checkCombination(s, in[0], false, nil)
	s.in = aligned
	return out, err
}

// Shares are the weights.
func (s *summing) Shares(site recipe.Site, adapters []string) []float64 {
	return s.weights(site, adapters)
}

// Warnings tells of weights that sum to 0.
func (s *summing) Warnings(in []Type) []*recipe.Mistake { return s.zeroSums(in[0]) }

// Scratch is what fills the gaps, and what a dense sum of products takes.
func (s *summing) Scratch(module string, in []Type) int64 {
	return s.scratch(module, in[0], false) + s.in.sumScratch(module, in[0])
}

func (s *summing) Apply(ctx context.Context, env Env, in []Value) (Value, error) {
	value := env.fillGaps(in[0])
	weights := s.weights(env.Site, value.names())
	if env.Space == Delta && value[0].A.Data != nil {
		return env.combineProducts(ctx, s.Makes(), value, weights, s.in.Dense), nil
	}
	on := s.weightsOn(env, s.in, weights)
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

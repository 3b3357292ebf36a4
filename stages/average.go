package stages

import (
	"context"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/internal/kernels"
	"github.com/loramerge/loramerge/recipe"
)

var overParam = &recipe.Param{Name: "over", Type: recipe.ChoiceType{"all", "agreeing", "weights"}, Default: "all",
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
		Params:  []*recipe.Param{weightsParam, overParam, missingParam},
	},
	Version: 1,
	New:     func(s Setting) Stage { return &averaging{s} },
}

type averaging struct{ Setting }

// Name is the stage's own.
func (a *averaging) Name() string { return a.Stage.Name }

func (a *averaging) Check(in []Type) (Type, error) {
	aligned, out, err := a.checkCombination(in[0], a.elementwise())
	if err != nil {
		return out, err
	}
	return out, checkShares(a.Setting, a, aligned)
}

// elementwise tells whether the divisor differs from element to element.
func (a *averaging) elementwise() bool { return a.Params.Text("over") != "all" }

// Shares are the weights divided by their sum.
func (a *averaging) Shares(site recipe.Site, adapters []string) []float64 {
	shares := a.weights(site, adapters)
	sum := total(shares)
	for i := range shares {
		shares[i] /= sum
	}
	return shares
}

// Warnings tells of weights that sum to 0: the mean is then 0 by definition.
func (a *averaging) Warnings(in []Type) []*recipe.Mistake { return a.zeroSums(in[0]) }

func (a *averaging) Apply(_ context.Context, at Site, in []Value) (Value, error) {
	value := at.fillGaps(in[0])
	weights := a.weights(at.Site, value.names())
	if at.Space == Delta && !a.elementwise() && value[0].A.Data != nil {
		return at.concat(a.Stage.Name, value, divided(weights)), nil
	}
	return at.combine(a.Stage.Name, at.densify(value), func(_ byte, dst Matrix, srcs []Matrix) {
		a.mean(dst.Data, data(srcs), weights)
	}), nil
}

func (a *averaging) mean(dst []float32, xs [][]float32, weights []float64) {
	switch a.Params.Text("over") {
	case "agreeing":
		kernels.MeanAgreeing(dst, xs, float32s(weights))
	case "weights":
		kernels.MeanWeights(dst, xs, float32s(weights))
	default:
		if sum := float32(total(weights)); sum != 0 {
			kernels.Combine(dst, xs, float32s(weights))
			kernels.Divide(dst, dst, sum)
			return
		}
		clear(dst)
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

// checkCombination checks what every verb from n to 1 needs: inputs side by side,
// and weights for all of them.
func (s Setting) checkCombination(in Type, elementwise bool) (aligned, out Type, err error) {
	aligned, err = s.align(in)
	all := multierror.Append(err, s.checkNumber("weights", in))
	if all.ErrorOrNil() != nil {
		return aligned, aligned.one(s.Name, nil), all
	}
	if elementwise {
		aligned = aligned.dense()
	}
	return aligned, aligned.one(s.Name, merged(aligned)), nil
}

func (s Setting) zeroSums(in Type) []*recipe.Mistake {
	for _, site := range Sites(in.Union()) {
		if total(s.weights(site, in.Names())) == 0 {
			return []*recipe.Mistake{recipe.Mistakef(s.Params.At("weights"), "is that meant?", "the weights sum to 0 at %q", site.Module)}
		}
	}
	return nil
}

package stages

import (
	"context"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/recipe"
)

var concatKind = &Kind{
	Verb: recipe.Verb{
		Name:    "concat",
		Summary: "the exact weighted sum, at the sum of the ranks",
		Doc: `Σ wᵢ·sᵢ·Bᵢ·Aᵢ as one adapter: the A are stacked, and the B, each times its wᵢ·sᵢ, are placed side by side.
Nothing is lost, for adapters of any rank and alpha; the price is the rank. PEFT's cat.`,
		Flow:    "n → 1",
		Example: "{concat: [python, sql], weights: {python: 0.5, sql: 0.5}}",
		Params:  []*recipe.Param{weightsParam, missingParam, normParam},
	},
	Version: 1, KeepsPairs: true,
	Bind: bindConcat,
}

type concatenation struct {
	Spec
	aligned Type // the input, aligned
}

func bindConcat(spec Spec) (Op, Type, error) {
	c, in := &concatenation{Spec: spec}, spec.In
	if in[0].Space != Factors {
		return c, in[0], fault.At(c.Inputs[0].Position, "concat works on factors, and deltas flow in").Mend("use `sum`, which concatenates there by itself").See("spaces")
	}
	aligned, err := c.alignWith(in[0], tolerance{scales: true, ranks: true, combines: true})
	c.aligned = aligned
	weights := c.checkNumber(keyWeights, in[0])
	all := multierror.Append(err, weights)
	if weights == nil {
		all = multierror.Append(all, checkShares(c.Spec, c, aligned))
	}
	if all.ErrorOrNil() != nil {
		return c, aligned.one(c.Makes(), nil), all
	}
	asDeltas := aligned
	asDeltas.Space = Delta
	return c, aligned.one(c.Makes(), mapModules(merged(asDeltas), foldScale)), nil
}

// Shares are the weights.
func (c *concatenation) Shares(site recipe.Site, adapters []string) []float64 {
	return c.weights(site, adapters)
}

// Scratch is what fills the gaps.
func (c *concatenation) Scratch(module string) int64 {
	return c.scratch(module, c.In[0], false)
}

func (c *concatenation) Apply(_ context.Context, env Env, in []Value) (Value, error) {
	value := env.fillGaps(in[0])
	weights := c.weights(env.Site, value.names())
	for i, scale := range scaleOf(c.aligned, env.Module) {
		weights[i] *= scale
	}
	return env.concat(c.Makes(), value, weights), nil
}

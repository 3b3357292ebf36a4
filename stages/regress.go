package stages

import (
	"context"

	"github.com/loramerge/loramerge/internal/lowrank"
	"github.com/loramerge/loramerge/recipe"
)

var regressKind = &Kind{
	Verb: recipe.Verb{
		Name:    "regress",
		Summary: "regression without data: keep each adapter's effect on the inputs that it acts on",
		Doc: `The merge that does on each adapter's own rows what that adapter does, in the least-squares sense
(ACTMat, arXiv:2604.01329; WUDI, arXiv:2503.08099, in closed form). With G = Σ c·MᵀM, H = Σ c·M·MᵀM, the
plain mean M̄ and ℓ = ridge·tr(G)/rank(G) it is (H + ℓ·M̄)·(G + ℓ·I)⁻¹. balance: norm sets c = 1/‖M‖², so
that a large adapter does not outvote the others; none sets c = 1. With ridge: 0 the inverse is the
pseudo-inverse, which explodes where row spaces nearly meet. All adapters weigh the same, and heads
are averaged.`,
		Flow:    "n → 1",
		Example: "{regress: [python, sql]}",
		Params: []*recipe.Param{
			{Name: string(keyRidge), Type: recipe.NumberType{Min: 0, Max: mostWeight, Single: true}, Default: recipe.Constant(0.1), Doc: "how strongly the result is drawn to the plain mean"},
			{Name: string(keyBalance), Type: recipe.ChoiceType{"norm", "none"}, Default: "norm", Doc: "whether every adapter counts the same, whatever its norm"},
			missingParam,
			normParam,
		},
	},
	Version: 2,
	Bind:    bindRegress,
}

type regression struct{ Spec }

func bindRegress(spec Spec) (Op, Type, error) {
	out, err := spec.bindInCore()
	return &regression{spec}, out, err
}

// Shares are equal.
func (r *regression) Shares(_ recipe.Site, adapters []string) []float64 { return equalShares(adapters) }

// explosion is how many times as large as all the adapters together a result may be. A sum
// is at most as large; what is twice as large was made by the inverse alone.
const explosion = 2

// Scratch is what fills the gaps.
func (r *regression) Scratch(module string) int64 { return r.scratch(module, r.In[0], false) }

func (r *regression) Apply(ctx context.Context, env Env, in []Value) (Value, error) {
	value := env.fillGaps(in[0])
	ridge, _ := keyRidge.Of(r.Params).Everywhere()
	w, growth, err := lowrank.Regress(ctx, matrices(value), ridge, keyBalance.Of(r.Params) == "norm")
	if env.Report != nil && growth > explosion {
		env.Report(Deviation{Growth, r.Makes(), env.Module, square(growth), 1})
	}
	return Value{{Adapter: r.Makes(), W: w, Bases: value[0].Bases}}, err
}

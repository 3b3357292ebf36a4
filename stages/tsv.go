package stages

import (
	"context"

	"github.com/loramerge/loramerge/internal/lowrank"
	"github.com/loramerge/loramerge/recipe"
)

var (
	tripletsParam = &recipe.Param{Name: string(keyShare), Type: recipe.NumberType{Min: 0, ExclusiveMin: true, Max: 1, Single: true}, Default: recipe.Constant(1),
		Doc: "the share of each adapter's own singular triplets that stay, the largest first"}
	cutParam = &recipe.Param{Name: string(keyCut), Type: recipe.NumberType{Min: 1e-6, Max: 1, Single: true}, Default: recipe.Constant(0.01),
		Doc: "the share of the largest singular value of a stack of vectors under which a direction is left out; 1e-6 is the paper's"}
)

var tsvKind = &Kind{
	Verb: recipe.Verb{
		Name:    "tsv",
		Summary: "task singular vectors: the adapters' own directions, made orthogonal to each other",
		Doc: `TSV (arXiv:2412.00081): of the triplets of each M = U·Σ·Vᵀ the leading ones stay, as many as the
parameter share says. The left vectors of
all adapters, side by side, are replaced by the nearest orthonormal ones (their polar factor), and so
are the right ones: Û·Σ·V̂ᵀ. So no adapter's directions are weakened by another's. Directions in which
vectors nearly agree, whose singular value is under the parameter cut, are left out: without that, an adapter and its own rounded copy give
their difference at full strength. All adapters weigh the same, and heads are averaged.`,
		Flow:    "n → 1",
		Example: "{tsv: [python, sql]}",
		Params:  []*recipe.Param{tripletsParam, cutParam, missingParam, normParam},
	},
	Version: 2,
	Bind:    bindTSV,
}

type stacking struct{ Spec }

func bindTSV(spec Spec) (Op, Type, error) {
	out, err := spec.bindInCore()
	return &stacking{spec}, out, err
}

// Shares are equal.
func (t *stacking) Shares(_ recipe.Site, adapters []string) []float64 { return equalShares(adapters) }

// Scratch is what fills the gaps.
func (t *stacking) Scratch(module string) int64 { return t.scratch(module, t.In[0], false) }

func (t *stacking) Apply(ctx context.Context, env Env, in []Value) (Value, error) {
	value := env.fillGaps(in[0])
	share, _ := keyShare.Of(t.Params).Everywhere()
	cut, _ := keyCut.Of(t.Params).Everywhere()
	w, energy, weak, err := lowrank.TaskSingularVectors(ctx, matrices(value), share, cut)
	if env.Report != nil && weak > 0 {
		env.Report(Deviation{WeakDirections, t.Makes(), env.Module, weak, energy})
	}
	return Value{{Adapter: t.Makes(), W: w, Bases: value[0].Bases}}, err
}

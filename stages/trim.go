package stages

import (
	"context"
	"math"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/kernels"
	"github.com/loramerge/loramerge/recipe"
)

var scopeParam = &recipe.Param{
	Name: string(keyScope), Type: recipe.ChoiceType{"tensor", "adapter"}, Default: "tensor",
	Doc: "count over each tensor (PEFT, mergekit), or over the whole adapter (the TIES paper)",
}

var trimKind = &Kind{
	Verb: recipe.Verb{
		Name:    "trim",
		Summary: "keep the elements of the largest magnitude",
		Doc: `The first step of TIES (arXiv:2306.01708): of n elements the k = ⌊density·n⌋ of the largest magnitude
stay, and the others become 0. Elements equal to the k-th all stay; k = 0 keeps none.`,
		Flow:    "n → n",
		Example: "{trim: [python, sql], density: 0.5}",
		Params:  []*recipe.Param{densityParam, scopeParam},
	},
	Version: 1,
	Pass:    1.5,
	Thins:   true,
	Bind:    bindTrim,
}

type trimming struct {
	Spec
	// thresholds are the magnitudes from which on an adapter's elements stay, once a survey has
	// found them; one without keeps nothing. They are nil where a trim counts tensor by tensor.
	thresholds map[string]float32
}

func bindTrim(spec Spec) (Op, Type, error) {
	t, in := &trimming{Spec: spec}, spec.In
	out := in[0].dense()
	density := keyDensity.Of(t.Params)
	if t.overAdapter() && density.VariesByModule() {
		return t, out, fault.At(density.Position, "with scope: adapter the density can't differ by module").Mend("give one density for each adapter, or use scope: tensor")
	}
	return t, out, t.checkOfPairs(keyDensity, in[0])
}

// overAdapter reports whether the elements of a whole adapter are counted together.
func (t *trimming) overAdapter() bool { return keyScope.Of(t.Params) == "adapter" }

func (t *trimming) Apply(ctx context.Context, env Env, in []Value) (Value, error) {
	return env.mapParts(ctx, in[0], func(part *Part, _ byte, dst, src Matrix) {
		threshold, known := t.thresholds[part.Adapter]
		switch {
		case t.thresholds == nil:
			trimTo(dst.Data, src.Data, t.kept(part.Adapter, env, len(src.Data)))
		case known:
			kernels.Trim(dst.Data, src.Data, threshold)
		default:
			clear(dst.Data)
		}
	}), nil
}

// Loses is about the elements that are left out.
func (t *trimming) Loses() Loss { return LosesElements }

// kept is k = ⌊density·n⌋ of n elements.
func (t *trimming) kept(adapter string, env Env, n int) int {
	return int(math.Floor(keyDensity.Of(t.Params).At(adapter, env.Site) * float64(n)))
}

// Scratch is one delta at a time, multiplied out.
func (t *trimming) Scratch(module string) int64 { return t.In[0].oneDensified(module) }

// trimTo keeps the k elements of the largest magnitude.
func trimTo(dst, src []float32, k int) {
	switch {
	case k == 0:
		clear(dst)
	case k >= len(src):
		copy(dst, src)
	default:
		kernels.Trim(dst, src, kernels.KthMagnitude(src, k))
	}
}

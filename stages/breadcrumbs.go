package stages

import (
	"context"
	"math"

	"github.com/loramerge/loramerge/internal/kernels"
	"github.com/loramerge/loramerge/recipe"
)

var breadcrumbsKind = &Kind{
	Verb: recipe.Verb{
		Name:    "breadcrumbs",
		Summary: "leave out the largest and the smallest elements",
		Doc: `Model breadcrumbs (arXiv:2312.06795), with mergekit's parameters: of a tensor's n elements the
⌊gamma·n⌋ of the largest magnitude become 0, of the others the ⌊density·n⌋ largest stay, and the rest
becomes 0 too. Where density leaves no room, fewer of the largest are left out. Elements of equal
magnitude stay or go together.`,
		Flow:    "n → n",
		Example: "{breadcrumbs: [python, sql], density: 0.9, gamma: 0.01}",
		Params: []*recipe.Param{
			densityParam,
			{Name: string(keyGamma), Type: share, Default: recipe.Constant(0.01), Doc: "the share of the largest elements to leave out"},
		},
	},
	Version: 1,
	Pass:    3,
	Thins:   true,
	Bind:    bindBreadcrumbs,
}

type crumbs struct{ Spec }

func bindBreadcrumbs(spec Spec) (Op, Type, error) {
	c := &crumbs{spec}
	if err := c.checkOfPairs(keyGamma, c.In[0]); err != nil {
		return c, c.In[0], err
	}
	return c, c.In[0].dense(), c.checkOfPairs(keyDensity, c.In[0])
}

// Loses is about the elements that are left out.
func (c *crumbs) Loses() Loss { return LosesElements }

// Scratch is one delta at a time, multiplied out.
func (c *crumbs) Scratch(module string) int64 { return c.In[0].oneDensified(module) }

func (c *crumbs) Apply(ctx context.Context, env Env, in []Value) (Value, error) {
	return env.mapParts(ctx, in[0], func(part *Part, _ byte, dst, src Matrix) {
		n := len(src.Data)
		count := func(key recipe.Key[*recipe.Number]) int {
			return int(math.Floor(key.Of(c.Params).At(part.Adapter, env.Site) * float64(n)))
		}
		kept := count(keyDensity)
		largest := min(count(keyGamma), n-kept)
		trimTo(dst.Data, src.Data, kept+largest)
		if largest > 0 {
			leaveOut(dst.Data, kernels.KthMagnitude(src.Data, largest))
		}
	}), nil
}

// leaveOut clears the elements from a magnitude on.
func leaveOut(x []float32, from float32) {
	for i := range x {
		if float32(math.Abs(float64(x[i]))) >= from {
			x[i] = 0
		}
	}
}

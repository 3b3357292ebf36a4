package stages

import (
	"context"
	"math"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/printable"
	"github.com/loramerge/loramerge/recipe"
)

var slerpKind = &Kind{
	Verb: recipe.Verb{
		Name:    "slerp",
		Summary: "interpolate along the great circle between adapters",
		Doc: `Spherical interpolation (Shoemake 1985): with θ the angle between x and y,
sin((1−t)θ)/sinθ·x + sin(tθ)/sinθ·y. Between two inputs, t says how far to go. More inputs form a cascade, folded
from the left: input i joins at t = wᵢ/(w₁+…+wᵢ), or the list t gives each step; order: tree joins
neighbours pairwise. An adapter of weight 0 is left out. Below 1e-4 rad, within 1e-4 of opposite,
and with a zero vector the interpolation is a straight line. Heads and biases are averaged with the
shares of a straight line. like: mergekit goes straight where the cosine is above 0.9995.`,
		Flow:    "n → 1",
		Example: "{slerp: [python, sql], t: 0.4}",
		Params: []*recipe.Param{
			{Name: string(keyT), Type: recipe.NumbersType{Each: share}, Doc: "how far to go from the first to the second; for a cascade a list, one for each input after the first"},
			weightsParam,
			{Name: string(keyOrder), Type: recipe.ChoiceType{"given", "tree"}, Default: "given", Doc: "fold from the left, or join neighbours pairwise"},
			{Name: string(keyScope), Type: recipe.ChoiceType{"tensor", "row"}, Default: "tensor", Doc: "one angle for a tensor, or one for each of its rows"},
			{Name: string(keyStraight), Type: recipe.NumberType{Min: 0, Max: math.Pi}, Default: recipe.Constant(nearlyParallel), Doc: "the angle in rad below which the interpolation is linear"},
			likeParam("article", "mergekit"),
			missingParam,
			normParam,
		},
	},
	Version: 2,
	Pass:    2,
	Bind:    bindSlerp,
	Expand:  expandSlerp,
	Weights: func(s Spec, site recipe.Site, adapters []string) []float64 {
		return (&slerping{Spec: s}).Shares(site, adapters)
	},
}

// expandSlerp turns `like` into the parameter that makes the difference: mergekit
// goes straight where the cosine is above 0.9995.
func expandSlerp(s *recipe.Stage) []*recipe.Stage {
	presets := map[string]any{}
	switch keyLike.Of(s.Params) {
	case "":
		return nil
	case "mergekit":
		presets["straight"] = recipe.Constant(math.Acos(0.9995))
	}
	return chain(s, step{verb: s.Verb, presets: presets})
}

type slerping struct {
	Spec
	aligned Type // the input, aligned
}

func bindSlerp(spec Spec) (Op, Type, error) {
	s, in := &slerping{Spec: spec}, spec.In
	aligned, out, err := s.checkCombination(s, in[0], s.byRow(), s.checkSteps(in[0]))
	s.aligned = aligned
	return s, out, err
}

func (s *slerping) byRow() bool { return keyScope.Of(s.Params) == "row" }

// checkSteps checks t against the number of inputs, and that it does not meet weights.
func (s *slerping) checkSteps(in Type) error {
	var all *multierror.Error
	add := func(m *fault.Fault) { all = multierror.Append(all, m) }
	ts, n := keyT.Of(s.Params), len(in.Members)
	if keyT.In(s.Params) && keyWeights.In(s.Params) {
		add(fault.At(keyT.At(s.Params), "`t` and `weights` both say how far to go").Mend("remove one of the two"))
	}
	if keyT.In(s.Params) && keyOrder.Of(s.Params) == "tree" && n > 2 {
		add(fault.At(keyT.At(s.Params), "the steps of a tree follow from weights, not from `t`").Mend("use `weights`"))
	}
	if keyT.In(s.Params) && len(ts) != n-1 {
		add(fault.At(keyT.At(s.Params), "%s need %s, not %d", printable.Count(n, "input"), printable.Count(n-1, "step"), len(ts)).
			Mend("give `weights`, or a list with one number for each input after the first"))
	}
	sites := Sites(in.Union())
	for _, t := range ts {
		all = multierror.Append(all, checkNumber(t, nil, sites, sites))
	}
	all = multierror.Append(all, checkNumber(keyStraight.Of(s.Params), nil, sites, in.pairSites()))
	return multierror.Append(all, s.checkWeights(in)).ErrorOrNil()
}

// Shares are the coefficients of the same walk along straight lines.
func (s *slerping) Shares(site recipe.Site, adapters []string) []float64 {
	return s.walk(site, adapters, func(x, y []float64, t float64) []float64 { return mix(x, y, 1-t, t) })
}

func (s *slerping) Apply(ctx context.Context, env Env, in []Value) (Value, error) {
	value := env.fillGaps(in[0])
	return env.blend(ctx, s.Makes(), value, blendMode{s.byRow(), s.aligned.Dense}, func(g gram) []float64 {
		return s.walk(env.Site, value.names(), s.arc(env.Site, g))
	})
}

// Scratch is the deltas multiplied out where rows have angles of their own, else what a
// combination of products takes, and what fills the gaps.
func (s *slerping) Scratch(module string) int64 {
	return s.scratch(module, s.In[0], s.byRow()) + s.aligned.blendScratch(module, s.In[0], s.byRow())
}

// IsLinear is false row by row.
func (s *slerping) IsLinear() bool { return !s.byRow() }

// Coefficients are those of the walk over whole deltas.
func (s *slerping) Coefficients(site recipe.Site, adapters []string, g gram) []float64 {
	return s.walk(site, adapters, s.arc(site, g))
}

// arc is a step along the sphere.
func (s *slerping) arc(site recipe.Site, g gram) func(x, y []float64, t float64) []float64 {
	straight := keyStraight.Of(s.Params).At("", site)
	return func(x, y []float64, t float64) []float64 { return g.slerp(x, y, t, straight) }
}

// walk joins the inputs, each a unit vector of coefficients, step by step.
func (s *slerping) walk(site recipe.Site, adapters []string, step func(x, y []float64, t float64) []float64) []float64 {
	points := make([][]float64, len(adapters))
	for i := range points {
		points[i] = make([]float64, len(adapters))
		points[i][i] = 1
	}
	weights := s.weights(site, adapters)
	if keyOrder.Of(s.Params) == "tree" {
		return tree(points, weights, step)
	}
	at, sum := points[0], weights[0]
	for i, t := range keyT.Of(s.Params) {
		at = step(at, points[i+1], t.At("", site))
	}
	if keyT.In(s.Params) {
		return at
	}
	for i := 1; i < len(points); i++ {
		sum += weights[i]
		at = step(at, points[i], shareOf(weights[i], sum))
	}
	return at
}

// tree joins neighbours until one point is left; an odd one goes on alone.
func tree(points [][]float64, weights []float64, step func(x, y []float64, t float64) []float64) []float64 {
	for len(points) > 1 {
		var next [][]float64
		var sums []float64
		for i := 0; i < len(points); i += 2 {
			point, sum := points[i], weights[i]
			if i+1 < len(points) {
				sum += weights[i+1]
				point = step(point, points[i+1], shareOf(weights[i+1], sum))
			}
			next, sums = append(next, point), append(sums, sum)
		}
		points, weights = next, sums
	}
	return points[0]
}

// shareOf is w/sum, and 0 where both are: adapters of weight 0 don't lead anywhere, and
// the first one with a weight is then gone to the whole way.
func shareOf(w, sum float64) float64 {
	if sum == 0 {
		return 0
	}
	return w / sum
}

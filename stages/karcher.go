package stages

import (
	"context"
	"math"

	"github.com/loramerge/loramerge/recipe"
)

var karcherKind = &Kind{
	Verb: recipe.Verb{
		Name:    "karcher",
		Summary: "the spherical mean, independent of the order",
		Doc: `The point on the sphere whose weighted squared angles to all adapters sum to the least (Karcher
1977), times the weighted mean of their norms. For two adapters it is slerp at t = w₂/(w₁+w₂) but for
the norm; for more it depends on no order. Where an adapter is opposite to the mean, and of zero
vectors, it is the weighted straight mean. Heads and biases are averaged.`,
		Flow:    "n → 1",
		Example: "{karcher: [python, sql], weights: {python: 2, sql: 1}}",
		Params: []*recipe.Param{
			weightsParam,
			{Name: string(keyScope), Type: recipe.ChoiceType{"tensor", "row"}, Default: "tensor", Doc: "one mean direction for a tensor, or one for each of its rows"},
			missingParam,
			normParam,
		},
	},
	Version: 2,
	Pass:    3,
	Bind:    bindKarcher,
}

type karcher struct {
	Spec
	aligned Type // the input, aligned
}

func (k *karcher) byRow() bool { return keyScope.Of(k.Params) == "row" }

func bindKarcher(spec Spec) (Op, Type, error) {
	k, in := &karcher{Spec: spec}, spec.In
	aligned, out, err := k.checkCombination(k, in[0], k.byRow(), k.checkWeights(in[0]))
	k.aligned = aligned
	return k, out, err
}

// Shares are the weights divided by their sum.
func (k *karcher) Shares(site recipe.Site, adapters []string) []float64 {
	return divided(k.weights(site, adapters))
}

// Scratch is the deltas multiplied out where rows have angles of their own, else what a
// combination of products takes, and what fills the gaps.
func (k *karcher) Scratch(module string) int64 {
	return k.scratch(module, k.In[0], k.byRow()) + k.aligned.blendScratch(module, k.In[0], k.byRow())
}

// IsLinear is false row by row.
func (k *karcher) IsLinear() bool { return !k.byRow() }

// Coefficients are those of the spherical mean of whole deltas.
func (k *karcher) Coefficients(site recipe.Site, adapters []string, g gram) []float64 {
	return g.karcher(k.Shares(site, adapters))
}

func (k *karcher) Apply(ctx context.Context, env Env, in []Value) (Value, error) {
	value := env.fillGaps(in[0])
	shares := k.Shares(env.Site, value.names())
	return env.blend(ctx, k.Makes(), value, blendMode{k.byRow(), k.aligned.Dense}, func(g gram) []float64 { return g.karcher(shares) })
}

const karcherSteps = 100

// karcher gives the coefficients of the weighted spherical mean by the fixed-point
// iteration μ ← exp_μ(Σ wᵢ·log_μ(x̂ᵢ)) over unit vectors x̂ᵢ = xᵢ/‖xᵢ‖; shares sum to 1.
func (g gram) karcher(shares []float64) []float64 {
	units, meanNorm := g.units(shares)
	mean := make([]float64, g.n)
	for i, unit := range units {
		if unit != 0 {
			mean[i] = shares[i] * unit
		}
	}
	for range karcherSteps {
		norm := g.norm(mean)
		if norm <= negligible {
			return shares
		}
		mean = mix(mean, mean, 1/norm, 0)
		tangent, ok := g.tangent(mean, units, shares)
		if !ok {
			return shares
		}
		length := g.norm(tangent)
		if length == 0 {
			break // going on would pile up coefficients that cancel out
		}
		mean = mix(mean, tangent, math.Cos(length), math.Sin(length)/length)
	}
	return mix(mean, mean, meanNorm, 0)
}

// units are 1/‖xᵢ‖, 0 for a zero vector, and the weighted mean of the norms.
func (g gram) units(shares []float64) (units []float64, meanNorm float64) {
	units = make([]float64, g.n)
	for i := range units {
		norm := math.Sqrt(g.at[i*g.n+i])
		if norm > 0 {
			units[i] = 1 / norm
		}
		meanNorm += float64(shares[i] * norm)
	}
	return units, meanNorm
}

// tangent is Σ wᵢ·log_μ(x̂ᵢ), with log_μ(x) = θ/sinθ·(x − cosθ·μ); ok is false where
// an x̂ᵢ is opposite to μ, so that no shortest way leads there. It takes n² steps: the
// inner products of all the inputs with μ are G·μ.
func (g gram) tangent(mean, units, shares []float64) (tangent []float64, ok bool) {
	tangent = make([]float64, g.n)
	along := g.times(mean)
	toMean := 0.0
	for i, unit := range units {
		if unit == 0 || shares[i] == 0 {
			continue
		}
		cos := max(-1, min(1, unit*along[i]))
		theta := math.Acos(cos)
		if math.Pi-theta < nearlyParallel {
			return nil, false
		}
		stretch := shares[i]
		if theta > tiny {
			stretch *= theta / math.Sin(theta)
		}
		tangent[i] = stretch * unit
		toMean += float64(stretch * cos)
	}
	return mix(tangent, mean, 1, -toMean), true
}

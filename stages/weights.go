package stages

import (
	"fmt"
	"math"
	"slices"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/recipe"
)

// mostWeight is beyond all use, and small enough that nothing overflows by it alone
// (adapter.MostMagnitude).
const mostWeight = 1e9

// anyNumber has either sign.
var anyNumber = recipe.NumberType{Min: -mostWeight, Max: mostWeight}

// positive is a number above 0.
var positive = recipe.NumberType{Min: 0, ExclusiveMin: true, Max: mostWeight}

// share is a number from 0 to 1.
var share = recipe.NumberType{Min: 0, Max: 1}

// weightsParam is the weight of each adapter, 1 where none is given.
var weightsParam = &recipe.Param{Name: string(keyWeights), Type: anyNumber, Default: recipe.Constant(1), Doc: "the weight of each adapter"}

// densityParam is the share of elements to keep.
var densityParam = &recipe.Param{Name: string(keyDensity), Type: share, Doc: "the share of elements to keep", Required: true}

// checkNumber checks a parameter that may differ by adapter and module.
func (s Spec) checkNumber(key recipe.Key[*recipe.Number], in Type) error {
	sites := Sites(in.Union())
	return checkNumber(key.Of(s.Params), in.Names(), sites, sites)
}

// checkOfPairs checks one that whole tensors have no need of: the stage leaves them as they
// are, or takes another for them.
func (s Spec) checkOfPairs(key recipe.Key[*recipe.Number], in Type) error {
	return checkNumber(key.Of(s.Params), in.Names(), Sites(in.Union()), in.pairSites())
}

func checkNumber(n *recipe.Number, adapters []string, sites, used []recipe.Site) error {
	var all *multierror.Error
	if n != nil {
		for _, m := range n.Check(adapters, sites, used) {
			all = multierror.Append(all, m)
		}
	}
	return all.ErrorOrNil()
}

// pairSites places the pairs among all modules of the model.
func (t Type) pairSites() []recipe.Site {
	return slices.DeleteFunc(Sites(t.Union()), func(site recipe.Site) bool {
		for _, m := range t.At(site.Module) {
			if m.Form != adapter.Whole {
				return false
			}
		}
		return true
	})
}

// weights are those of the adapters at a module.
func (s Spec) weights(site recipe.Site, adapters []string) []float64 {
	n := keyWeights.Of(s.Params)
	out := make([]float64, len(adapters))
	for i, name := range adapters {
		out[i] = n.At(name, site)
	}
	return out
}

// names lists the adapters of a value.
func (v Value) names() []string {
	out := make([]string, len(v))
	for i := range v {
		out[i] = v[i].Adapter
	}
	return out
}

// total is Σxᵢ; what rounding leaves of 0.1 + 0.2 − 0.3 counts as 0, since means
// are divided by it.
func total(xs []float64) float64 {
	sum, size := 0.0, 0.0
	for _, x := range xs {
		sum += x
		size += math.Abs(x)
	}
	if math.Abs(sum) <= 0x1p-52*float64(len(xs))*size {
		return 0
	}
	return sum
}

// shareTolerance is how far from 1 the shares of whole tensors may sum, for weights
// written with a few decimals (0.33, 0.33, 0.34 sum to 1; 0.333 thrice does not
// and moves a head by a thousandth).
const shareTolerance = 1e-6

// checkShares refuses a combination of heads whose shares do not sum to 1: they are
// absolute weights, not changes, and only their averages mean anything.
func checkShares(s Spec, c Combiner, in Type) error {
	first, others, sum := "", 0, 0.0
	for _, site := range Sites(in.Union()) {
		if _, row := adapter.TokenOf(site.Module); row {
			continue
		}
		m, ok := in.Members[0].Find(site.Module)
		if !ok || m.Form != adapter.Whole || m.IsCopy() || len(in.Members) > 1 && !m.W.DType.IsFloat() {
			continue
		}
		if at := total(c.Shares(site, in.Names())); !(math.Abs(at-1) <= shareTolerance) {
			if first == "" {
				first, sum = m.Name, at
			} else {
				others++
			}
		}
	}
	if first == "" {
		return checkTokenShares(s, c, in)
	}
	text := fmt.Sprintf("%q is a whole tensor, which is averaged, but the weights sum to %.6g", first, sum)
	if others > 0 {
		text = fmt.Sprintf("%q and %d more are whole tensors, which are averaged, but the weights sum to %.6g", first, others, sum)
	}
	return fault.At(keyWeights.At(s.Params), "%s", text).Mend("let the weights sum to 1, use `average`, or leave it out with `select … exclude`").See("whole-tensors")
}

// Weigh gives what adapters count at a module where a stage of this kind combines them.
func (k *Kind) Weigh(s Spec, site recipe.Site, adapters []string) []float64 {
	switch {
	case k.Weights != nil:
		return k.Weights(s, site, adapters)
	case k.Declares(weightsParam.Name):
		return s.weights(site, adapters)
	}
	return slices.Repeat([]float64{1}, len(adapters))
}

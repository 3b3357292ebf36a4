package stages

import (
	"math"
	"slices"

	"github.com/loramerge/loramerge/internal/fault"
)

// nearlyParallel is the angle, in rad, below which (and within which of π) an arc
// and a straight line differ by less than float32 shows, or sinθ loses its digits.
const nearlyParallel = 1e-4

// tiny is an angle, in rad, whose sine is itself.
const tiny = 1e-12

// slerp is the point at t on the arc from x to y, which are coefficient vectors over
// the inputs whose inner products are g (Shoemake 1985); a straight line if the angle
// is below straight.
func (g gram) slerp(x, y []float64, t, straight float64) []float64 {
	theta, ok := g.angle(x, y)
	if !ok || theta < straight || theta < tiny || math.Pi-theta < nearlyParallel {
		return mix(x, y, 1-t, t)
	}
	sin := math.Sin(theta)
	return mix(x, y, math.Sin((1-t)*theta)/sin, math.Sin(t*theta)/sin)
}

// angle is that between two points, in [0, π]; a zero vector has none.
func (g gram) angle(x, y []float64) (float64, bool) {
	norms := g.norm(x) * g.norm(y)
	if norms == 0 {
		return 0, false
	}
	return math.Acos(max(-1, min(1, g.inner(x, y)/norms))), true
}

// mix is a·x + b·y.
func mix(x, y []float64, a, b float64) []float64 {
	out := make([]float64, len(x))
	for i := range out {
		out[i] = float64(a*x[i]) + float64(b*y[i])
	}
	return out
}

// checkWeights refuses negative weights, and zeros for all: neither names a point between
// the inputs on a sphere.
func (s Spec) checkWeights(in Type) error {
	sites := Sites(in.Union())
	if len(keyWeights.Of(s.Params).Check(in.Names(), sites, sites)) > 0 {
		return nil // reported already
	}
	for _, site := range sites {
		if weights := s.weights(site, in.Names()); slices.Min(weights) < 0 || slices.Max(weights) == 0 {
			return fault.At(keyWeights.At(s.Params), "the weights at %q name no point between the adapters: one is negative, or all are 0", site.Module).
				Mend("let none be negative, and one be above 0")
		}
	}
	return nil
}

package lowrank

import "math"

// gains follows the energy E that a block iteration captures.
//
// Gains fall like a geometric series with the ratio q of the last two, whose
// rest is d·q/(1−q) after a gain d. Where many values lie close together they
// fall more slowly, like 1/t² at worst, whose rest is twice that. The iteration
// ends when this rest is small against the residual. Gains that grow never end
// it: so do those of directions hardly above a noise, which come up slowly.
type gains struct {
	energy   float64 // E after the last iteration
	residual float64 // √(‖w‖² − E)
	last     float64 // the last gain
	count    int
}

// enough is the part of the residual's square that may be missed: a quarter of
// the 0.2 % that 0.1 % of the residual allows.
const enough = 0.002 / 4

// nothing is the part of it that tells no growth: equal values, of which every
// block captures as much.
const nothing = 1e-7

// maxIterations ends a search that would gain little for long; it takes a
// spectrum made for the purpose to get there.
const maxIterations = 200

// settled takes the leading values s after one more iteration, computed with
// the unit roundoff unit, and reports whether there is little left to gain or
// gains can no longer be told from rounding. norm is ‖w‖.
func (g *gains) settled(s []float64, norm, unit float64) bool {
	energy := tail(s, 0)
	gain := math.Abs(energy - g.energy)
	ratio := gain / g.last
	left := max(0, norm*norm-energy)
	g.energy, g.last, g.residual = energy, gain, math.Sqrt(left)
	g.count++
	switch {
	case g.count < 3: // a ratio takes two gains
		return false
	case g.count >= maxIterations:
		return true
	case gain <= max(nothing*left, 4*unit*energy):
		return true
	default:
		return ratio < 1 && gain*ratio/(1-ratio) <= enough*left
	}
}

package stats

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// ExpectedMax is what the largest of k independent standard normal numbers is on average:
//
//	∫ x·k·φ(x)·Φ(x)^(k − 1) dx
//
// (Tippett, "On the extreme individuals and the range of samples taken from a normal
// population", 1925). By this many standard errors the best of k equally good tries looks
// better than it is. The trapezoidal rule is exact to the last digits here, since the
// integrand is smooth and vanishes at both ends.
func ExpectedMax(k int) float64 {
	if k < 1 {
		panic(fmt.Sprintf("stats: the largest of %d numbers", k))
	}
	const step, end = 1.0 / 32, 12 * 32
	var sum float64
	for i := 1; i <= end; i++ {
		// −x has the density of x, and Φ(−x) = 1 − Φ(x).
		x := float64(i) * step
		tail := distuv.UnitNormal.CDF(-x)
		above := math.Exp(float64(k-1) * math.Log1p(-tail))
		below := math.Exp(float64(k-1) * math.Log(tail))
		sum += float64(x * distuv.UnitNormal.Prob(x) * (above - below))
	}
	return float64(k) * step * sum
}

// Mover bounds Σ wₖθₖ of independent estimates by their own bounds, which need not lie
// symmetrically about them:
//
//	V − √Σ(wₖ(Vₖ − lₖ))², V + √Σ(wₖ(uₖ − Vₖ))²
//
// where a negative weight turns an interval around (method of variance estimates recovery; Zou
// and Donner, "Construction of confidence limits about effect measures: a general approach",
// 2008). Of symmetric bounds it is the usual interval of a sum.
func Mover(weights, values []float64, bounds []Interval) Interval {
	var value, below, above float64
	for k, w := range weights {
		down, up := w*(values[k]-bounds[k].Lower), w*(bounds[k].Upper-values[k])
		if w < 0 {
			down, up = -up, -down
		}
		value += float64(w * values[k])
		below, above = math.Hypot(below, down), math.Hypot(above, up)
	}
	return Interval{value - below, value + above}
}

// Discordant bounds the difference of two rates that were counted on the same n documents, of
// which the first adapter alone has answered so many and the second alone so many: (2p − 1)·m/n,
// where m is their sum and p has the bounds of the first's part of m by Clopper and Pearson
// ("The use of confidence or fiducial limits", 1934). The lower end is above 0 where the exact
// test of McNemar says that the first is better. The number m itself is taken as it is, so that
// this is a bound beside that by standard errors and not instead of it: of few documents that
// differ, those err on the side that four to none were certain.
func Discordant(first, second, n int, confidence float64) Interval {
	m := first + second
	rate := float64(m) / float64(n)
	bounds := Interval{-rate, rate}
	if first > 0 {
		p := distuv.Beta{Alpha: float64(first), Beta: float64(second + 1)}.Quantile(1 - confidence)
		bounds.Lower = (2*p - 1) * rate
	}
	if second > 0 {
		p := distuv.Beta{Alpha: float64(first + 1), Beta: float64(second)}.Quantile(confidence)
		bounds.Upper = (2*p - 1) * rate
	}
	return bounds
}

package stats

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Critical is the number of standard errors between an estimate and its one-sided bound: the
// quantile of Student's t, or of the normal distribution where the degrees of freedom are not
// known (0). The confidence lies between 0.5 and 1.
func Critical(confidence float64, degrees int) float64 {
	switch {
	case degrees <= 0:
		return distuv.UnitNormal.Quantile(confidence)
	case degrees == 1: // Cauchy's distribution
		return math.Tan(math.Pi * (confidence - 0.5))
	}
	return student(confidence, float64(degrees))
}

// student inverts the distribution function by bisection, which is exact to the last digits
// and takes microseconds. For p close to 1 the tail is what has digits:
// P(T > t) = I(ν/(ν+t²); ν/2, 1/2)/2.
func student(p, degrees float64) float64 {
	tail := func(t float64) float64 {
		return distuv.Beta{Alpha: degrees / 2, Beta: 0.5}.CDF(degrees/(degrees+t*t)) / 2
	}
	low, high := 0.0, 1.0
	for tail(high) > 1-p && high < 1e150 {
		high *= 2
	}
	for {
		middle := low + (high-low)/2
		if middle == low || middle == high {
			return middle
		}
		if tail(middle) > 1-p {
			low = middle
		} else {
			high = middle
		}
	}
}

// Quantile is the p-quantile of values, which it sorts: the linear interpolation between
// neighbours that numpy uses, type 7 of Hyndman and Fan, "Sample quantiles in statistical
// packages", 1996.
func Quantile(values []float64, p float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	slices.Sort(values)
	at := p * float64(len(values)-1)
	i := int(at)
	if i+1 >= len(values) {
		return values[len(values)-1]
	}
	return values[i] + (at-float64(i))*(values[i+1]-values[i])
}

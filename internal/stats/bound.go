package stats

import "math"

// Interval holds the true value. Each of its ends is a one-sided bound at the confidence
// asked for; an end that is not known is infinite.
type Interval struct{ Lower, Upper float64 }

// Unknown is the interval of what has no standard error.
func Unknown() Interval { return Interval{math.Inf(-1), math.Inf(1)} }

// Known reports whether an interval has ends.
func (i Interval) Known() bool { return !math.IsInf(i.Lower, 0) && !math.IsInf(i.Upper, 0) }

// Bounds is value ± q·SE, where q is [Critical]. A standard error of 0 or NaN bounds nothing.
func Bounds(value, se, critical float64) Interval {
	if !(se > 0) || math.IsInf(se, 1) {
		return Unknown()
	}
	return Interval{value - float64(critical*se), value + float64(critical*se)}
}

// Bounds of an estimate are by Student's t.
func (e Estimate) Bounds(confidence float64) Interval {
	return Bounds(e.Value, e.SE(), Critical(confidence, e.Degrees()))
}

// Wilson bounds the rate of which k among n were counted (Wilson, "Probable inference, the
// law of succession, and statistical inference", 1927):
//
//	(p + z²/2n ± z·√(p(1 − p)/n + z²/4n²)) / (1 + z²/n), p = k/n
//
// It is right where all answers are equal and the standard error is 0.
func Wilson(k, n int, confidence float64) Interval {
	z, count := Critical(confidence, 0), float64(n)
	p, zz := float64(k)/count, z*z
	middle := (p + zz/(2*count)) / (1 + zz/count)
	half := z * math.Sqrt(p*(1-p)/count+zz/(4*count*count)) / (1 + zz/count)
	bounds := Interval{max(0, middle-half), min(1, middle+half)}
	if k == 0 {
		bounds.Lower = 0 // but for rounding
	}
	if k == n {
		bounds.Upper = 1
	}
	return bounds
}

// Unseen is the largest rate of what was seen in none of n documents, 1 − (1 − c)^(1/n): about
// 3/n at 95 % (Hanley and Lippman-Hand, "If nothing goes wrong, is everything all right?", 1983).
func Unseen(n int, confidence float64) float64 {
	return -math.Expm1(math.Log1p(-confidence) / float64(n))
}

// McNemar is the exact two-sided probability that of documents on which two models differ, the
// split is at least as uneven as first : second, if neither is better:
// 2·Σ C(n, i)/2ⁿ for i up to the smaller of both.
func McNemar(first, second int) float64 {
	n, few := first+second, min(first, second)
	var p float64
	for i := range few + 1 {
		p += math.Exp(logChoose(n, i) - float64(float64(n)*math.Ln2))
	}
	return min(1, 2*p)
}

func logChoose(n, k int) float64 {
	var sum float64
	for i := range k {
		sum += math.Log(float64(n-i)) - math.Log(float64(i+1))
	}
	return sum
}

// Needed is how many documents decide on which side of a bound a score lies that is a margin
// away from it, if the standard deviation of a document is sd: (z·sd/margin)², rounded up. No
// number decides a margin of 0: false.
func Needed(sd, margin, confidence float64) (int, bool) {
	n := math.Ceil(math.Pow(Critical(confidence, 0)*sd/margin, 2))
	if !(n <= 1e12) { // and NaN
		return 0, false
	}
	return int(n), true
}

// Pooled is the standard error that lm-evaluation-harness prints for a group, whether or not
// its mean is weighted by size: √(Σ(nₖ − 1)·nₖ·SEₖ²/(N − K)/N).
func Pooled(se []float64, sizes []int) float64 {
	var sum float64
	var total int
	for k, n := range sizes {
		sum += float64(float64(n-1) * float64(n) * se[k] * se[k])
		total += n
	}
	return math.Sqrt(sum / float64(total-len(sizes)) / float64(total))
}

// Combined is the standard error of Σ WₖVₖ/ΣWₖ for independent Vₖ: √Σ(Wₖ·SEₖ)²/ΣWₖ.
func Combined(weights, se []float64) float64 {
	var sum, total float64
	for k, w := range weights {
		sum += float64(w * w * se[k] * se[k])
		total += w
	}
	return math.Sqrt(sum) / total
}

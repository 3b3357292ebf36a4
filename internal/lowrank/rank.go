package lowrank

// tail returns Σ_{i≥from} s[i]², summed from the smallest so that a small tail
// is not swallowed by rounding.
func tail(s []float64, from int) float64 {
	var sum float64
	for i := len(s) - 1; i >= from; i-- {
		sum += s[i] * s[i]
	}
	return sum
}

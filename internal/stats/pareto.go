package stats

// Dominates reports whether a is nowhere worse than b and somewhere better. Larger is better:
// what is to be small is given with its sign turned. NaN is better than nothing and never
// dominates.
func Dominates(a, b []float64) bool {
	better := false
	for i := range a {
		if !(a[i] >= b[i]) {
			return false
		}
		better = better || a[i] > b[i]
	}
	return better
}

// Front is which of the points no other dominates, by their place. Equal points are in it
// together; a point with NaN is in no front.
func Front(points [][]float64) []int {
	var out []int
next:
	for i, p := range points {
		for _, v := range p {
			if v != v {
				continue next
			}
		}
		for _, q := range points {
			if Dominates(q, p) {
				continue next
			}
		}
		out = append(out, i)
	}
	return out
}

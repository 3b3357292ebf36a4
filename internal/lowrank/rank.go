package lowrank

import "fmt"

// RankFor returns the smallest rank r that keeps a share energy ∈ [0, 1] of the
// squared Frobenius norm: Σ_{i≤r} σᵢ² ≥ energy·Σσᵢ², for singular values s in
// descending order. It is 0 for a zero spectrum or energy 0, and the number of
// non-zero values for energy 1. It panics if energy is out of range.
func RankFor(s []float64, energy float64) int {
	if !(energy >= 0 && energy <= 1) {
		panic(fmt.Sprintf("lowrank: energy %v is not in [0, 1]", energy))
	}
	allowed := (1 - energy) * tail(s, 0)
	lost, r := 0.0, len(s)
	for r > 0 {
		lost += s[r-1] * s[r-1]
		if lost > allowed {
			break
		}
		r--
	}
	return r
}

// ShareLost returns the share of the squared Frobenius norm that a truncation
// to rank r loses, Σ_{i>r} σᵢ² / Σσᵢ² ∈ [0, 1] (Eckart–Young); 0 for a zero
// spectrum. The relative Frobenius error is its square root.
func ShareLost(s []float64, r int) float64 {
	total := tail(s, 0)
	if total == 0 {
		return 0
	}
	return tail(s, r) / total
}

// tail returns Σ_{i≥from} s[i]², summed from the smallest so that a small tail
// is not swallowed by rounding.
func tail(s []float64, from int) float64 {
	var sum float64
	for i := len(s) - 1; i >= from; i-- {
		sum += s[i] * s[i]
	}
	return sum
}

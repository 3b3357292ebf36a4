package lowrank

import (
	"cmp"
	"fmt"
	"slices"
)

// SharedBudget shares a budget over modules so that the sum of the kept squared
// singular values is large. spectra[m] are the singular values of module m in
// descending order, costs[m] > 0 is the price of one rank there (out + in for
// parameters, 1 for ranks), and the answer's prices sum to at most total.
//
// Every module gets rank 1 first, for an adapter has no rank 0. What is left
// goes to the largest σ²/cost, one rank at a time; equal ones go to the earlier
// module. A module whose next rank no longer fits is closed, and singular values
// of 0 get nothing, so the budget may not be used up.
//
// It returns an error if total doesn't pay for rank 1 everywhere, and panics
// unless there is one positive cost a spectrum.
func SharedBudget(spectra [][]float64, costs []int, total int) ([]int, error) {
	checkCosts(spectra, costs)
	ranks := make([]int, len(spectra))
	left := total
	for m, cost := range costs {
		ranks[m] = 1
		left -= cost
	}
	if left < 0 {
		return nil, fmt.Errorf("a budget of %d is too small for rank 1 in each of %d modules: raise it to at least %d",
			total, len(spectra), total-left)
	}
	closed := make([]bool, len(spectra))
	for _, v := range valuesByWorth(spectra, costs) {
		closed[v.module] = closed[v.module] || costs[v.module] > left
		if !closed[v.module] {
			ranks[v.module]++
			left -= costs[v.module]
		}
	}
	return ranks, nil
}

func checkCosts(spectra [][]float64, costs []int) {
	if len(costs) != len(spectra) || slices.ContainsFunc(costs, func(c int) bool { return c <= 0 }) {
		panic(fmt.Sprintf("lowrank: costs %v for %d spectra", costs, len(spectra)))
	}
}

// worth is one singular value of a module.
type worth struct {
	module int
	gain   float64 // σ² for each unit of cost
}

// valuesByWorth lists every non-zero singular value but each module's first,
// the most worthwhile first.
func valuesByWorth(spectra [][]float64, costs []int) []worth {
	var values []worth
	for m, s := range spectra {
		for i, sigma := range s {
			if i > 0 && sigma > 0 {
				values = append(values, worth{m, sigma * sigma / float64(costs[m])})
			}
		}
	}
	slices.SortStableFunc(values, func(a, b worth) int { return cmp.Compare(b.gain, a.gain) })
	return values
}

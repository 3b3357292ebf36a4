package search

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/loramerge/loramerge/recipe"
)

// Rung is a step of successive halving: so many trials, on so many documents.
type Rung struct{ Trials, Documents int }

// Rungs are those of n trials over so many documents: rung k has ⌊n/ηᵏ⌋ trials, at least 1, on
// min(documents, r·ηᵏ) documents, and the last one is that on all of them. Jamieson and Talwalkar,
// Non-stochastic best arm identification and hyperparameter optimization (2016), in documents.
// Without halving there is one rung.
func Rungs(n int, h *recipe.Halving, documents int) []Rung {
	if h == nil {
		return []Rung{{n, documents}}
	}
	var out []Rung
	for trials, size := n, h.MinSamples; ; trials, size = trials/h.ReductionFactor, size*h.ReductionFactor {
		if size >= documents || size > math.MaxInt/h.ReductionFactor {
			return append(out, Rung{max(1, trials), documents})
		}
		out = append(out, Rung{max(1, trials), size})
	}
}

// Subset is the first n of one permutation of the documents from first to last, sorted: larger
// ones hold the smaller ones.
func Subset(seed uint64, first, last, n int) []int {
	chosen := rand.New(stream(seed, "documents")).Perm(last - first + 1)
	chosen = chosen[:min(n, len(chosen))]
	for i := range chosen {
		chosen[i] += first
	}
	slices.Sort(chosen)
	return chosen
}

// Promote gives the places of the best goals, in their order: at most keep, of equal ones the
// first, and none that failed.
func Promote(goals []float64, keep int) []int {
	var order []int
	for i, goal := range goals {
		if !math.IsNaN(goal) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(goals[j], goals[i]) })
	order = order[:min(keep, len(order))]
	slices.Sort(order)
	return order
}

package sweep

import (
	"slices"

	"github.com/loramerge/loramerge/internal/stats"
)

// Choose chooses among trials, of which the recipe as it stands is one, by their goals on `select`. With one
// goal the pick is the best, and the front is nil; with several there is no pick, and the front
// is the trials that no other is better than in all goals. Of equals the lower number is picked, so that
// the recipe as it stands is kept unless another is better. With halving only trials that were
// measured on all documents are compared. Both are nil where no trial has goals.
func Choose(trials []*Trial) (pick *Trial, front []*Trial) {
	documents := 0
	for _, t := range trials {
		if t.reaches() {
			documents = max(documents, t.Documents)
		}
	}
	var all []*Trial
	var points [][]float64
	for _, t := range trials {
		if t.reaches() && t.Documents == documents {
			all, points = append(all, t), append(points, t.Goals)
		}
	}
	for _, at := range stats.Front(points) {
		front = append(front, all[at])
	}
	slices.SortFunc(front, func(a, b *Trial) int { return a.Number - b.Number })
	if len(front) > 0 && len(front[0].Goals) == 1 {
		return front[0], nil
	}
	return nil, front
}

// Chosen are the trials that have to be scored on `test`, by number, beside the recipe as it stands.
func Chosen(trials []*Trial) []*Trial {
	pick, front := Choose(trials)
	if pick != nil {
		front = []*Trial{pick}
	}
	return slices.DeleteFunc(front, func(t *Trial) bool { return t.Number == 0 })
}

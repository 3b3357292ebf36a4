package sweep

import (
	"slices"

	"github.com/loramerge/loramerge/internal/stats"
)

// Choose chooses among trials, of which the recipe as it stands is one, by their goals on `select`. With one
// goal the pick is the best, and the front is nil; with several there is no pick unless one is best in all, and
// the front is the trials that no other is better than in all goals. Of equals the lower number is picked, so that
// the recipe as it stands is kept unless another is better, and of trials that make the same adapter the first
// counts. With halving only trials that were
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
	seen := make(map[key]bool)
	for _, t := range trials {
		if t.reaches() && t.Documents == documents && !seen[t.made()] {
			seen[t.made()] = t.made() != key{}
			all, points = append(all, t), append(points, t.Goals)
		}
	}
	for _, at := range stats.Front(points) {
		front = append(front, all[at])
	}
	slices.SortFunc(front, func(a, b *Trial) int { return a.Number - b.Number })
	if len(front) > 0 && (len(front) == 1 || len(front[0].Goals) == 1) {
		return front[0], nil
	}
	return nil, front
}

// made is the digest of what a trial's scores depend on, with the recipe's own seed.
func (t *Trial) made() key {
	if len(t.Repeats) == 0 {
		return key{}
	}
	return t.Repeats[0].made
}

// Chosen are the trials that have to be scored on `test`, by number, beside the recipe as it stands.
func Chosen(trials []*Trial) []*Trial {
	pick, front := Choose(trials)
	if pick != nil {
		front = []*Trial{pick}
	}
	return slices.DeleteFunc(front, func(t *Trial) bool { return t.Number == 0 })
}

package stats

import (
	"crypto/sha256"
	"iter"
	"math/rand/v2"
	"strings"
)

// Draws are the documents of one resample after another, as numbers from 0. The slice is
// only valid until the next one.
type Draws = iter.Seq[[]int]

// Resamples draws n of n documents with replacement, r times (Efron, "Bootstrap methods:
// another look at the jackknife", 1979). Every statistic has a stream of its own, ChaCha8
// seeded with the SHA-256 of its names: the same on every machine and for any number of
// threads. Models that are compared get the same draws.
func Resamples(n, r int, names ...string) Draws {
	return func(yield func([]int) bool) {
		random := rand.New(rand.NewChaCha8(sha256.Sum256([]byte(strings.Join(names, "\x00")))))
		drawn := make([]int, n)
		for range r {
			for i := range drawn {
				drawn[i] = random.IntN(n)
			}
			if !yield(drawn) {
				return
			}
		}
	}
}

// Exhaustive are all nⁿ resamples of n documents, for few of them.
func Exhaustive(n int) Draws {
	return func(yield func([]int) bool) {
		drawn := make([]int, n)
		for yield(drawn) {
			i := n - 1
			for ; i >= 0 && drawn[i] == n-1; i-- {
				drawn[i] = 0
			}
			if i < 0 {
				return
			}
			drawn[i]++
		}
	}
}

// Bootstrap is the statistic of every resample. The interval between its quantiles is too
// narrow by √((n − 1)/n): with fewer than twenty documents use Student's t or Fieller.
func Bootstrap(draws Draws, statistic func(documents []int) float64) []float64 {
	var out []float64
	for documents := range draws {
		out = append(out, statistic(documents))
	}
	return out
}

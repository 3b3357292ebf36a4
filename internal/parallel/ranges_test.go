package parallel

import (
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// TestRanges counts how often each number is covered, and by how many ranges.
func TestRanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 100).Draw(t, "n")
		unit := rapid.IntRange(1, 20).Draw(t, "unit")
		workers := rapid.IntRange(0, 9).Draw(t, "workers")
		covered, ranges := make([]int, n), 0
		var mu sync.Mutex
		Ranges(n, unit, workers, func(from, to int) {
			mu.Lock()
			defer mu.Unlock()
			ranges++
			if from%unit != 0 || to%unit != 0 && to != n || from >= to {
				t.Errorf("a range [%d, %d)", from, to)
			}
			for i := from; i < to; i++ {
				covered[i]++
			}
		})
		if ranges > max(1, workers) {
			t.Fatalf("%d ranges for %d workers", ranges, workers)
		}
		for i, times := range covered {
			if times != 1 {
				t.Fatalf("%d is covered %d times", i, times)
			}
		}
	})
}

func TestEach(t *testing.T) {
	for _, n := range []int{0, 1, 1000} {
		seen := make([]int, n)
		Each(n, func(i int) { seen[i]++ })
		if slices.ContainsFunc(seen, func(times int) bool { return times != 1 }) {
			t.Errorf("of %d not each was visited once", n)
		}
	}
}

package lowrank

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestSharedBudget(t *testing.T) {
	for _, c := range []struct {
		name    string
		spectra [][]float64
		costs   []int
		total   int
		want    []int
	}{
		{"the larger values", [][]float64{{9, 8, 7}, {9, 1, 1}}, []int{1, 1}, 4, []int{3, 1}},
		{"the earlier of equals", [][]float64{{1, 1, 1}, {1, 1, 1}}, []int{1, 1}, 5, []int{3, 2}},
		{"zeros get nothing", [][]float64{{1, 0, 0}, {0, 0}}, []int{1, 1}, 9, []int{1, 1}},
		{"the gain by cost", [][]float64{{4, 4}, {4, 3}}, []int{10, 1}, 12, []int{1, 2}},
		{"a module that no longer fits is closed", [][]float64{{4, 4, 4}, {1, 1, 1}}, []int{3, 1}, 9, []int{2, 3}},
		{"just rank 1", [][]float64{{4, 4}, {1, 1}}, []int{3, 2}, 5, []int{1, 1}},
	} {
		got, err := SharedBudget(c.spectra, c.costs, c.total)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, %v, want %v", c.name, got, err, c.want)
		}
	}
}

func TestSharedBudgetTooSmall(t *testing.T) {
	_, err := SharedBudget([][]float64{{1}, {1}}, []int{3, 2}, 4)
	if err == nil || !strings.Contains(err.Error(), "at least 5") {
		t.Errorf("a budget of 4 for a price of 5 gives error %v", err)
	}
}

// TestSharedBudgetOfRanks compares with the definition where all costs are 1:
// the sum of the kept squares is that of the largest.
func TestSharedBudgetOfRanks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(t, "modules")
		spectra, costs, others := make([][]float64, n), make([]int, n), []float64(nil)
		for m := range n {
			spectra[m], costs[m] = drawSpectrum(t), 1
			others = append(others, spectra[m][1:]...)
		}
		total := n + rapid.IntRange(0, 30).Draw(t, "left")
		ranks, err := SharedBudget(spectra, costs, total)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(others)
		slices.Reverse(others)
		want, got := tail(others[:min(total-n, len(others))], 0), 0.0
		for m, r := range ranks {
			got += tail(spectra[m][1:r], 0)
		}
		requireClose(t, "the kept energy", got, want, 1e-9*want)
	})
}

func drawSpectrum(t *rapid.T) []float64 {
	s := rapid.SliceOfN(rapid.Float64Range(0, 100), 1, 20).Draw(t, "spectrum")
	slices.Sort(s)
	slices.Reverse(s)
	return s
}

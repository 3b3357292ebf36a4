package lowrank

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestRankFor(t *testing.T) {
	s := []float64{4, 3, 0} // squares 16, 9, 0
	for _, c := range []struct {
		energy float64
		want   int
	}{{0, 0}, {0.5, 1}, {0.64, 1}, {0.65, 2}, {1, 2}} {
		if got := RankFor(s, c.energy); got != c.want {
			t.Errorf("RankFor(%v, %v) is %d, want %d", s, c.energy, got, c.want)
		}
	}
	if got := RankFor([]float64{0, 0}, 1); got != 0 {
		t.Errorf("a zero spectrum needs rank %d", got)
	}
}

func TestRankForKeepsTheShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSpectrum(t)
		energy := rapid.Float64Range(0, 1).Draw(t, "energy")
		r := RankFor(s, energy)
		if lost := ShareLost(s, r); lost > 1-energy+1e-12 {
			t.Fatalf("rank %d loses %v", r, lost)
		}
		if r > 0 && tail(s, 0) > 0 && ShareLost(s, r-1) < 1-energy-1e-12 {
			t.Fatalf("rank %d would do", r-1)
		}
	})
}

func drawSpectrum(t *rapid.T) []float64 {
	s := rapid.SliceOfN(rapid.Float64Range(0, 100), 1, 20).Draw(t, "spectrum")
	slices.Sort(s)
	slices.Reverse(s)
	return s
}

func TestShareLost(t *testing.T) {
	for _, c := range []struct {
		s    []float64
		r    int
		want float64
	}{{[]float64{4, 3}, 0, 1}, {[]float64{4, 3}, 1, 0.36}, {[]float64{4, 3}, 5, 0}, {[]float64{0}, 0, 0}} {
		if got := ShareLost(c.s, c.r); math.Abs(got-c.want) > 1e-15 {
			t.Errorf("ShareLost(%v, %d) is %v, want %v", c.s, c.r, got, c.want)
		}
	}
}

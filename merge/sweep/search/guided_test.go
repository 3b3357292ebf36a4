package search

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/recipe"
)

// cube is a guided sweep over ranges from 0 to 1.
func cube(dim, trials int, seed uint64) (*recipe.Sweep, Point) {
	s, defaults := &recipe.Sweep{Search: recipe.SearchCMAES, Seed: seed, MaxTrials: trials}, make(Point)
	for i := range dim {
		name := string(rune('a' + i))
		s.Axes = append(s.Axes, recipe.Axis{Name: name, Range: &recipe.Range{Max: 1}})
		defaults[name] = "0.6"
	}
	return s, defaults
}

// coordinates are the numbers of a point, less those of the optimum: 0.2, 0.33, 0.46, …
func coordinates(p Point) []float64 {
	var out []float64
	for i, name := range slices.Sorted(maps.Keys(p)) {
		x, _ := strconv.ParseFloat(p[name], 64)
		out = append(out, x-0.2-0.13*float64(i))
	}
	return out
}

func sphere(p Point) float64 {
	sum := 0.0
	for _, x := range coordinates(p) {
		sum -= x * x
	}
	return sum
}

// valley is fifty times steeper along the diagonal than across it, so that no coordinate can be
// found without the others.
func valley(p Point) float64 {
	sum := 0.0
	for _, x := range coordinates(p) {
		sum += x
	}
	return sphere(p) - 50*sum*sum/float64(len(p))
}

// TestGuidedFindsOptimum: the best of 200 points is nearer to the optimum than by random search, by
// the root of what the goal lacks, in the median over seeds.
func TestGuidedFindsOptimum(t *testing.T) {
	for name, goal := range map[string]func(Point) float64{"sphere": sphere, "valley": valley} {
		for _, dim := range []int{1, 2, 3} {
			median := func(search string) float64 {
				var all []float64
				for seed := range uint64(11) {
					s, defaults := cube(dim, 200, seed)
					s.Search = search
					_, goals := everyPoint(t, s, defaults, goal)
					all = append(all, math.Sqrt(-slices.Max(goals)))
				}
				slices.Sort(all)
				return all[len(all)/2]
			}
			guided, random := median(recipe.SearchCMAES), median(recipe.SearchRandom)
			if guided > 0.4*random {
				t.Errorf("%s of %d dimensions: within %.4f of the optimum, by random search %.4f", name, dim, guided, random)
			}
		}
	}
}

// TestFirstGenerationIsAroundDefaults: its mean and spread, over seeds, are the defaults and 0.3 of
// the range.
func TestFirstGenerationIsAroundDefaults(t *testing.T) {
	var sum, squares, n float64
	for seed := range uint64(400) {
		s, _ := cube(3, 100, seed)
		search, err := New(s, Point{"a": "0.5", "b": "0.5", "c": "no number"})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range search.Next(nil) {
			for _, value := range p {
				x, _ := strconv.ParseFloat(value, 64)
				sum, squares, n = sum+x, squares+(x-0.5)*(x-0.5), n+1
			}
		}
	}
	// A normal distribution around the middle of a unit interval, σ = 0.3, folded back at both ends
	// loses what lies outside: the integral over it gives a spread of 0.2573.
	if mean, spread := sum/n, math.Sqrt(squares/n); math.Abs(mean-0.5) > 0.01 || math.Abs(spread-0.2573) > 0.01 {
		t.Errorf("mean %.3f, spread %.3f", mean, spread)
	}
}

// choosing is a guided sweep over a list and ranges, where b is best, and with d nothing is left
// to search.
func choosing(trials int) (*recipe.Sweep, Point, func(Point) float64) {
	s, defaults := cube(2, trials, 7)
	s.Axes[1].When = []recipe.Condition{{Axis: "method", Values: []string{"a", "b", "c"}}}
	s.Axes[0].When = s.Axes[1].When
	s.Axes = append(s.Axes, recipe.Axis{Name: "method", Values: []string{"a", "b", "c", "d"}})
	goal := func(p Point) float64 {
		worth := map[string]float64{"a": 0.1, "b": 0.5, "c": 0.2, "d": 0.3}[p["method"]]
		return worth + sphere(Point{"a": p["a"], "b": p["b"]})
	}
	return s, defaults, goal
}

func TestChoicesAreDropped(t *testing.T) {
	s, defaults, goal := choosing(100)
	points, _ := everyPoint(t, s, defaults, goal)
	tried := make(map[string]int)
	for _, p := range points {
		tried[p["method"]]++
	}
	if len(points) != 100 || tried["d"] != 1 || tried["a"] > 25 || tried["c"] > 35 || tried["b"] < 50 || tried["a"] < population(2) {
		t.Errorf("%d points: %v", len(points), tried)
	}
}

// TestFailedTrialsAreWorst: a search whose trials fail in half of the space finds the optimum of
// the other half, and one in which all fail goes on to the end.
func TestFailedTrialsAreWorst(t *testing.T) {
	s, defaults := cube(2, 150, 1)
	points, goals := everyPoint(t, s, defaults, func(p Point) float64 {
		if x, _ := strconv.ParseFloat(p["a"], 64); x > 0.5 {
			return math.NaN()
		}
		return sphere(p)
	})
	best := math.Inf(-1)
	for _, g := range goals {
		if g > best {
			best = g
		}
	}
	if len(points) != 150 || best < -1e-4 {
		t.Errorf("%d points, the best %v", len(points), best)
	}
	if points, _ := everyPoint(t, s, defaults, func(Point) float64 { return math.NaN() }); len(points) != 150 {
		t.Errorf("%d points where all fail", len(points))
	}
}

// TestGuidedNeedsAGeneration: with too few trials for each choice the error says how many.
func TestGuidedNeedsAGeneration(t *testing.T) {
	s, defaults, goal := choosing(12)
	_, err := New(s, defaults)
	const want = "cma-es begins with 19 trials, a generation for each choice of the lists, and max-trials is 12; write at least `max-trials: 19`, fewer values, or `search: random`"
	if err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Fatalf("%v", err)
	}
	s.MaxTrials = 19
	if points, _ := everyPoint(t, s, defaults, goal); len(points) != 19 {
		t.Errorf("%d points", len(points))
	}
	s.MaxTrials = 3
	if _, err := New(s, defaults); err == nil || !strings.Contains(err.Error(), "begins with at least 19 trials") || !strings.HasSuffix(err.Error(), "write fewer values, or `search: random`") {
		t.Errorf("%v", err)
	}
}

func TestCorners(t *testing.T) {
	s := &recipe.Sweep{Axes: []recipe.Axis{
		{Name: "method", Values: []string{"sum", "ties"}},
		{Name: "rank", Range: &recipe.Range{Min: 8, Max: 32, Whole: true}},
		{Name: "density", Range: &recipe.Range{Min: 0.1, Max: 0.9, Log: true}, When: []recipe.Condition{{Axis: "method", Values: []string{"ties"}}}},
	}}
	var got []string
	for _, p := range Corners(s, Point{"rank": "16", "density": "0.5"}) {
		got = append(got, p.Text(s.Axes))
	}
	var want []string
	for _, rank := range []int{16, 8, 32} {
		want = append(want, fmt.Sprintf("method=sum rank=%d", rank))
	}
	for _, ends := range []string{"0.5 16", "0.1 8", "0.9 32", "0.5 8", "0.5 32", "0.1 16", "0.9 16"} {
		density, rank, _ := strings.Cut(ends, " ")
		want = append(want, fmt.Sprintf("method=ties rank=%s density=%s", rank, density))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

package search

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/loramerge/loramerge/recipe"
)

// drawSweep draws axes of every kind: each may depend on lists before it.
func drawSweep(t *rapid.T, searches ...string) (*recipe.Sweep, Point) {
	s := &recipe.Sweep{Search: rapid.SampledFrom(searches).Draw(t, "search"), Seed: rapid.Uint64().Draw(t, "seed"), MaxTrials: rapid.IntRange(1, 80).Draw(t, "max-trials")}
	defaults := make(Point)
	for i := range rapid.IntRange(1, 5).Draw(t, "axes") {
		a := recipe.Axis{Name: fmt.Sprintf("v%d", i)}
		for _, other := range s.Axes {
			if other.Range == nil && rapid.IntRange(0, 2).Draw(t, "depends") == 0 {
				n := rapid.IntRange(1, len(other.Values)).Draw(t, "values asked")
				a.When = append(a.When, recipe.Condition{Axis: other.Name, Values: other.Values[:n]})
			}
		}
		if rapid.Bool().Draw(t, "list") {
			for k := range rapid.IntRange(1, 4).Draw(t, "values") {
				a.Values = append(a.Values, string(rune('a'+k)))
			}
		} else {
			a.Range = drawRange(t, s.Search == recipe.SearchGrid)
		}
		defaults[a.Name] = rapid.SampledFrom([]string{"0.5", "a", "-3", "1e9", "12", ""}).Draw(t, "default")
		s.Axes = append(s.Axes, a)
	}
	return s, defaults
}

func drawRange(t *rapid.T, counted bool) *recipe.Range {
	r := &recipe.Range{Whole: counted || rapid.Bool().Draw(t, "whole"), Log: rapid.Bool().Draw(t, "log")}
	switch {
	case counted:
		r.Log = false
	case r.Log && !r.Whole:
		r.Min = rapid.Float64Range(1e-6, 10).Draw(t, "min")
		r.Max = r.Min * rapid.Float64Range(1.001, 1e4).Draw(t, "factor")
		return r
	case !r.Whole:
		r.Min = rapid.Float64Range(-10, 10).Draw(t, "min")
		r.Max = r.Min + rapid.Float64Range(1e-3, 20).Draw(t, "width")
		return r
	}
	r.Min = float64(rapid.IntRange(1, 20).Draw(t, "min"))
	steps := rapid.IntRange(2, 10).Draw(t, "steps")
	r.Max = r.Min + float64(steps)
	if !r.Log && rapid.Bool().Draw(t, "stepped") {
		r.Step = float64(rapid.IntRange(1, 8).Draw(t, "step"))
		r.Max = r.Min + float64(steps)*r.Step
	}
	return r
}

// everyPoint asks a search until its end; goal gives the goals.
func everyPoint(t rapid.TB, s *recipe.Sweep, defaults Point, goal func(Point) float64) ([]Point, []float64) {
	search, err := New(s, defaults)
	if err != nil {
		t.Skip(err)
	}
	var points []Point
	var done []float64
	for {
		next := search.Next(done)
		if next == nil {
			return points, done
		}
		if len(next) == 0 {
			t.Fatal("a generation of no points")
		}
		for _, p := range next {
			points, done = append(points, p), append(done, goal(p))
		}
	}
}

// byKey is a goal that looks as if it were random.
func byKey(p Point) float64 {
	sum := 0.0
	for i, c := range []byte(p.Key()) {
		sum += float64((int(c) * (i + 7)) % 101)
	}
	return sum
}

// TestPointsAreOfTheSpace: each variable has one of its values or lies within its range, and is
// there if and only if its conditions hold; no point is there twice, nor are there more than asked.
func TestPointsAreOfTheSpace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, defaults := drawSweep(t, recipe.Searches...)
		points, _ := everyPoint(t, s, defaults, byKey)
		seen := make(map[string]bool)
		for _, p := range points {
			if seen[p.Key()] {
				t.Errorf("%v is there twice", p)
			}
			seen[p.Key()] = true
			checkPoint(t, s, p)
		}
		if len(points) > s.MaxTrials || len(points) == 0 {
			t.Errorf("%d points of %d", len(points), s.MaxTrials)
		}
	})
}

func checkPoint(t rapid.TB, s *recipe.Sweep, p Point) {
	counted := 0
	for _, a := range s.Axes {
		holds := true
		for _, c := range a.When {
			holds = holds && slices.Contains(c.Values, p[c.Axis])
		}
		value, given := p[a.Name]
		if given != holds {
			t.Errorf("%v: axis %s is there: %v, its conditions hold: %v", p, a.Name, given, holds)
		}
		if !given {
			continue
		}
		counted++
		if a.Range == nil {
			if !slices.Contains(a.Values, value) {
				t.Errorf("%v: %s is no value of %v", p, a.Name, a.Values)
			}
			continue
		}
		x, err := strconv.ParseFloat(value, 64)
		if err != nil || x < a.Range.Min || x > a.Range.Max {
			t.Errorf("%v: %s is not from %v to %v", p, a.Name, a.Range.Min, a.Range.Max)
		}
		if _, err := strconv.Atoi(value); a.Range.Whole && err != nil {
			t.Errorf("%v: %s is no whole number", p, a.Name)
		}
		if steps := (x - a.Range.Min) / a.Range.Step; a.Range.Step > 0 && steps != float64(int(steps)) {
			t.Errorf("%v: %s is %v steps from the beginning", p, a.Name, steps)
		}
	}
	if counted != len(p) {
		t.Errorf("%v has variables that are no axes", p)
	}
}

// TestSearchesRepeat: the same sweep and goals give the same points, and Next of any beginning gives
// what came after it.
func TestSearchesRepeat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, defaults := drawSweep(t, recipe.Searches...)
		points, done := everyPoint(t, s, defaults, byKey)
		again, err := New(s, defaults)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			at := rapid.IntRange(0, len(points)-1).Draw(t, "done")
			next := again.Next(done[:at])
			if len(next) == 0 || len(next) > len(points)-at {
				t.Fatalf("%d points after %d of %d", len(next), at, len(points))
			}
			for i, p := range next {
				if p.Key() != points[at+i].Key() {
					t.Errorf("point %d is %v, and was %v", at+i, p, points[at+i])
				}
			}
		}
	})
}

// TestMoreTrialsGoOn: a larger max-trials begins with the points of the smaller one.
func TestMoreTrialsGoOn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, defaults := drawSweep(t, recipe.SearchRandom, recipe.SearchHalton)
		more := *s
		more.MaxTrials += rapid.IntRange(1, 80).Draw(t, "more")
		few, _ := everyPoint(t, s, defaults, byKey)
		many, _ := everyPoint(t, &more, defaults, byKey)
		for i, p := range few {
			if p.Key() != many[i].Key() {
				t.Fatalf("point %d of %d is %v, and of %d %v", i, s.MaxTrials, p, more.MaxTrials, many[i])
			}
		}
	})
}

// TestSmallSpacesAreExhausted: where there are fewer points than trials, each is there once.
func TestSmallSpacesAreExhausted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, _ := drawSweep(t, recipe.SearchGrid)
		s.MaxTrials = 0
		points, _ := everyPoint(t, s, nil, byKey)
		if len(points) > 300 {
			t.Skip("not small")
		}
		for _, way := range []string{recipe.SearchRandom, recipe.SearchHalton} {
			s.Search, s.MaxTrials = way, len(points)+rapid.IntRange(0, 20).Draw(t, "more")
			if drawn, _ := everyPoint(t, s, nil, byKey); len(drawn) != len(points) {
				t.Errorf("%s gives %d of %d points", way, len(drawn), len(points))
			}
		}
	})
}

package search

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/recipe"
)

func all(t *testing.T, s *recipe.Sweep, defaults Point) []string {
	t.Helper()
	search, err := New(s, defaults)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, p := range search.Next(nil) {
		out = append(out, p.Text(s.Axes))
	}
	return out
}

// The points of a grid, by hand.
func TestGrid(t *testing.T) {
	axes := []recipe.Axis{
		{Name: "density", Range: &recipe.Range{Min: 0.1, Max: 0.3, Step: 0.1}, When: []recipe.Condition{{Axis: "method", Values: []string{"ties"}}}},
		{Name: "method", Values: []string{"sum", "ties"}},
		{Name: "rank", Range: &recipe.Range{Min: 8, Max: 16, Step: 8, Whole: true}},
	}
	got := all(t, &recipe.Sweep{Search: "grid", Axes: axes}, nil)
	want := []string{"method=sum rank=8", "method=sum rank=16",
		"density=0.1 method=ties rank=8", "density=0.1 method=ties rank=16", "density=0.2 method=ties rank=8", "density=0.2 method=ties rank=16", "density=0.3 method=ties rank=8", "density=0.3 method=ties rank=16"}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// TestGridIsLimited: by max-trials, and by what a sweep can have, however many points that would be.
func TestGridIsLimited(t *testing.T) {
	numbers := &recipe.Range{Min: 1, Max: 1_000_000, Whole: true}
	axes := []recipe.Axis{{Name: "method", Values: []string{"a", "b", "c"}}, {Name: "rank", Range: &recipe.Range{Min: 8, Max: 64, Step: 8, Whole: true}}}
	for want, s := range map[string]*recipe.Sweep{
		"": {Axes: axes, MaxTrials: 24},
		"the grid has 24 points, and max-trials is 23; write `max-trials: 24`, give its axes fewer values, or write `search: halton` to try some of them": {Axes: axes, MaxTrials: 23},
		"the grid has more than 100000 points; give its axes fewer values, or write `search: halton` with `max-trials`":                                   {Axes: []recipe.Axis{{Name: "x", Range: numbers}, {Name: "y", Range: numbers}}},
	} {
		s.Search = recipe.SearchGrid
		_, err := New(s, nil)
		if got := strings.TrimPrefix(fmt.Sprint(err), "0:0: "); err == nil && want != "" || err != nil && !strings.HasSuffix(got, want) {
			t.Errorf("%v; not %q", err, want)
		}
	}
}

// TestPointText: for people and for maps, where no two points have the same key.
func TestPointText(t *testing.T) {
	p := Point{"size": "0.5", "method": "by ties", "empty": ""}
	if got, want := p.Text([]recipe.Axis{{Name: "size"}, {Name: "method"}, {Name: "inactive"}, {Name: "empty"}}), `size=0.5 method="by ties" empty=""`; got != want {
		t.Errorf("%s; not %s", got, want)
	}
	if p.Key() == (Point{"size": "0.5", "method": "by ties", "empty": " "}).Key() || (Point{"a": `1" b="2`}).Key() == (Point{"a": "1", "b": "2"}).Key() {
		t.Error("two points have one key")
	}
}

// TestValues: readable, rounded to four digits, and neither beyond the ends nor all the same in a
// narrow range.
func TestValues(t *testing.T) {
	for _, c := range []struct {
		r    recipe.Range
		u    float64
		want string
	}{
		{recipe.Range{Min: 0.5, Max: 1.5}, 0.123456789, "0.6235"},
		{recipe.Range{Min: 0.12345678, Max: 1}, 0, "0.12345678"},
		{recipe.Range{Min: 0.05, Max: 0.8, Log: true}, 0.5, "0.2"},
		{recipe.Range{Min: 0.05, Max: 0.8, Log: true}, 1, "0.8"},
		{recipe.Range{Min: 8, Max: 64, Whole: true}, 0.999, "64"},
		{recipe.Range{Min: 8, Max: 128, Whole: true, Log: true}, 0.5, "32"},
		{recipe.Range{Min: 0.1, Max: 0.9, Step: 0.1}, 0.3, "0.3"},
		{recipe.Range{Min: 0.1, Max: 0.9, Step: 0.1}, 1, "0.9"},
		{recipe.Range{Min: 1000.1, Max: 1000.2}, 0.5, "1000.15"},
		{recipe.Range{Min: 1e-8, Max: 1e-6, Log: true}, 0.5, "1e-07"},
		{recipe.Range{Min: -1, Max: 1}, 0.5, "0"},
		{recipe.Range{Min: 0, Max: 1e6}, 0.6, "600000"},
	} {
		if got := valueAt(recipe.Axis{Range: &c.r}, c.u); got != c.want {
			t.Errorf("%+v at %v: %s; not %s", c.r, c.u, got, c.want)
		}
	}
}

// TestCoversTheSpace: of 90 points each third of each axis has about a third, by Halton nearly to
// the point.
func TestCoversTheSpace(t *testing.T) {
	for way, off := range map[string]int{recipe.SearchHalton: 4, recipe.SearchRandom: 15} {
		s := &recipe.Sweep{Search: way, MaxTrials: 90, Axes: []recipe.Axis{
			{Name: "list", Values: []string{"0", "0.5", "0.9"}}, {Name: "range", Range: &recipe.Range{Max: 1}}, {Name: "log", Range: &recipe.Range{Min: 0.001, Max: 1, Log: true}},
		}}
		search, err := New(s, nil)
		if err != nil {
			t.Fatal(err)
		}
		thirds := make(map[string]int)
		for _, p := range search.Next(nil) {
			for name, value := range p {
				x, _ := strconv.ParseFloat(value, 64)
				if name == "log" {
					x = 1 + math.Log10(x)/3
				}
				thirds[name+strconv.Itoa(min(2, int(3*x)))]++
			}
		}
		for third, n := range thirds {
			if n < 30-off || n > 30+off || len(thirds) != 9 {
				t.Errorf("%s: %d points in %s of %d", way, n, third, len(thirds))
			}
		}
	}
}

// TestIdleAxes: an axis that depends on two values that exclude each other is in no trial.
func TestIdleAxes(t *testing.T) {
	when := func(axis, value string) recipe.Condition {
		return recipe.Condition{Position: recipe.Position{File: "r.yaml", Line: 9, Column: 5}, Axis: axis, Values: []string{value}}
	}
	s := &recipe.Sweep{Search: recipe.SearchRandom, MaxTrials: 5, Axes: []recipe.Axis{
		{Name: "method", Values: []string{"sum", "ties"}},
		{Name: "way", Values: []string{"a", "b"}, When: []recipe.Condition{when("method", "ties")}},
		{Name: "density", Values: []string{"0.1"}, When: []recipe.Condition{when("way", "a"), when("method", "sum")}},
	}}
	_, err := New(s, nil)
	if want := `r.yaml:9:5: the conditions of axis "density" can't hold at once, so that no trial has it; leave one of them out`; err == nil || err.Error() != want {
		t.Errorf("%v", err)
	}
	s.Axes[2].When = s.Axes[2].When[:1]
	if _, err := New(s, nil); err != nil {
		t.Error(err)
	}
}

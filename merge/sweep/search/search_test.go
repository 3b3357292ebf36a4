package search

import (
	"slices"
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
		out = append(out, p.String())
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

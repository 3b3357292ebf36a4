package search

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/recipe"
)

// Point is the values of a sweep's variables in one trial. A variable whose axis is not active
// is not in it: it keeps its default.
type Point map[string]string

// Text is the point for people, in the order of the axes: method=by-ties density=0.2.
func (p Point) Text(axes []recipe.Axis) string {
	var out []string
	for _, axis := range axes {
		value, active := p[axis.Name]
		if !active {
			continue
		}
		if value == "" || strings.ContainsAny(value, " \t\r\n\"") {
			value = strconv.Quote(value)
		}
		out = append(out, axis.Name+"="+value)
	}
	return strings.Join(out, " ")
}

// Key is the same for equal points alone.
func (p Point) Key() string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(p)) {
		out = append(out, name+"="+strconv.Quote(p[name]))
	}
	return strings.Join(out, " ")
}

// Search gives the points of a sweep, a generation at a time, to one caller at a time.
type Search interface {
	// Next is what remains of the generation after the points that are done, or the next one.
	// done are the goals of all points given so far, in their order: larger is better, and NaN
	// failed. nil is the end. The answer depends on done alone.
	Next(done []float64) []Point
}

// New makes the search that a sweep asks for. defaults are the values of the recipe's variables
// where no axis is active, from which a guided search begins. Its errors are Faults: an axis that
// no trial has, a grid of too many points, too few trials for a guided search.
func New(s *recipe.Sweep, defaults map[string]string) (Search, error) {
	sp := newSpace(s.Axes)
	if idle := sp.idle(); idle != nil {
		return nil, fault.At(idle.When[0].Position, "the conditions of axis %q can't hold at once, so that no trial has it", idle.Name).Mend("leave one of them out")
	}
	switch s.Search {
	case recipe.SearchGrid:
		return newGrid(s, sp)
	case recipe.SearchCMAES:
		return newGuided(s, sp, defaults)
	case recipe.SearchHalton:
		return listed(sp.drawn(s.MaxTrials, halton(len(sp.axes), s.Seed))), nil
	}
	return listed(sp.drawn(s.MaxTrials, uniform(len(sp.axes), s.Seed))), nil
}

// listed is a search whose points are known from the start: one generation.
type listed []Point

func (l listed) Next(done []float64) []Point {
	if len(done) >= len(l) {
		return nil
	}
	return l[len(done):]
}

func newGrid(s *recipe.Sweep, sp *space) (Search, error) {
	limit := recipe.TrialLimit
	at := s.At("search")
	if s.MaxTrials > 0 {
		limit, at = min(limit, s.MaxTrials), s.At("max-trials")
	}
	points := sp.grid(recipe.TrialLimit + 1)
	switch {
	case len(points) > recipe.TrialLimit:
		return nil, fault.At(at, "the grid has more than %d points", recipe.TrialLimit).Mend("give its axes fewer values, or write `search: halton` with `max-trials`")
	case len(points) > limit:
		return nil, fault.At(at, "the grid has %d points, and max-trials is %d", len(points), s.MaxTrials).
			Mend("write `max-trials: " + strconv.Itoa(len(points)) + "`, give its axes fewer values, or write `search: halton` to try some of them")
	}
	return listed(points), nil
}

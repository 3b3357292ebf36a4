package search

import (
	"strconv"

	"github.com/loramerge/loramerge/recipe"
)

// Corners are points that stand for all that a guided search may give, so that its mistakes are
// found before it begins: for each choice of the lists the start, all ranges at their beginnings
// or at their ends, and each alone at one of its ends with the others at the start. Ranges start
// at the default, if it is a number, and else in the middle.
func Corners(s *recipe.Sweep, defaults Point) []Point {
	sp := newSpace(s.Axes)
	seen := make(map[string]bool)
	var out []Point
	for _, choice := range sp.choices(recipe.TrialLimit) {
		ranges := sp.activeRanges(choice)
		starts, from, to := make([]float64, len(ranges)), make([]float64, len(ranges)), make([]float64, len(ranges))
		for i, a := range ranges {
			starts[i], to[i] = start(a, defaults), 1
		}
		corners := [][]float64{starts, from, to}
		for i := range ranges {
			for _, end := range []float64{0, 1} {
				corner := append([]float64{}, starts...)
				corner[i] = end
				corners = append(corners, corner)
			}
		}
		for _, corner := range corners {
			if p := fill(choice, ranges, corner); !seen[p.Key()] {
				seen[p.Key()], out = true, append(out, p)
			}
		}
	}
	return out
}

// choices are the points of the lists alone, up to a limit.
func (sp *space) choices(limit int) []Point {
	var lists []recipe.Axis
	for _, a := range sp.axes {
		if a.Range == nil {
			lists = append(lists, a)
		}
	}
	return enumerate(lists, limit)
}

// activeRanges are those that count with a choice of the lists.
func (sp *space) activeRanges(choice Point) []recipe.Axis {
	var out []recipe.Axis
	for _, a := range sp.axes {
		if a.Range != nil && active(a, choice) {
			out = append(out, a)
		}
	}
	return out
}

// fill adds values of ranges to a choice of the lists.
func fill(choice Point, ranges []recipe.Axis, unit []float64) Point {
	out := make(Point, len(choice)+len(ranges))
	for name, value := range choice {
		out[name] = value
	}
	for i, a := range ranges {
		out[a.Name] = valueAt(a, unit[i])
	}
	return out
}

// start is the share of a range at which its variable's default lies, if it is a number.
func start(a recipe.Axis, defaults Point) float64 {
	x, err := strconv.ParseFloat(defaults[a.Name], 64)
	if err != nil || x != x {
		return 0.5
	}
	return numbers{*a.Range}.share(x)
}

package search

import (
	"slices"
	"strconv"

	"github.com/loramerge/loramerge/recipe"
)

// space is the axes of a sweep, each after those that its conditions name.
type space struct {
	axes  []recipe.Axis
	place []int // of each in the file
}

func newSpace(axes []recipe.Axis) *space {
	sp := &space{}
	known := make(map[string]bool)
	for len(sp.axes) < len(axes) {
		before := len(sp.axes)
		for i, a := range axes {
			ready := !known[a.Name] && !slices.ContainsFunc(a.When, func(c recipe.Condition) bool { return !known[c.Axis] })
			if ready {
				known[a.Name] = true
				sp.axes, sp.place = append(sp.axes, a), append(sp.place, i)
			}
		}
		if len(sp.axes) == before {
			panic("search: the conditions of the axes form a cycle, or name no axis")
		}
	}
	return sp
}

// Active is the part of a point that counts: without the axes whose conditions do not hold.
func Active(axes []recipe.Axis, of Point) Point {
	out := make(Point)
	for _, a := range newSpace(axes).axes {
		if value, given := of[a.Name]; given && active(a, out) {
			out[a.Name] = value
		}
	}
	return out
}

// active reports whether the conditions of an axis hold at a point, which has all the axes
// that they name.
func active(a recipe.Axis, at Point) bool {
	for _, c := range a.When {
		value, given := at[c.Axis]
		if !given || !slices.ContainsFunc(c.Values, func(v string) bool { return same(v, value) }) {
			return false
		}
	}
	return true
}

// idle is an axis whose conditions hold at no point; nil if there is none, or where there are too
// many choices of the lists to look.
func (sp *space) idle() *recipe.Axis {
	conditional := slices.ContainsFunc(sp.axes, func(a recipe.Axis) bool { return len(a.When) > 0 })
	if !conditional {
		return nil
	}
	choices := sp.choices(recipe.TrialLimit)
	if len(choices) == recipe.TrialLimit {
		return nil
	}
	for i, a := range sp.axes {
		if !slices.ContainsFunc(choices, func(choice Point) bool { return active(a, choice) }) {
			return &sp.axes[i]
		}
	}
	return nil
}

// same reports whether two texts are one value; 0.5 and 0.50 are.
func same(x, y string) bool {
	if x == y {
		return true
	}
	a, errA := strconv.ParseFloat(x, 64)
	b, errB := strconv.ParseFloat(y, 64)
	return errA == nil && errB == nil && a == b
}

// point maps the unit cube, an axis after the other in the order of the file, to a point.
func (sp *space) point(unit []float64) Point {
	p := make(Point)
	for i, a := range sp.axes {
		if active(a, p) {
			p[a.Name] = valueAt(a, unit[sp.place[i]])
		}
	}
	return p
}

// valueAt is the value at a share u of an axis, 0 ≤ u ≤ 1. Values that can be counted have equal
// shares of it.
func valueAt(a recipe.Axis, u float64) string {
	if a.Range == nil {
		return a.Values[min(int(u*float64(len(a.Values))), len(a.Values)-1)]
	}
	n := numbers{*a.Range}
	return n.text(n.at(u))
}

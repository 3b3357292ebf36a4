package search

import "github.com/loramerge/loramerge/recipe"

// countable reports whether the values of an axis can be enumerated.
func countable(a recipe.Axis) bool { return a.Range == nil || numbers{*a.Range}.count() > 0 }

// valuesOf are the values of an axis that can be enumerated, up to a limit.
func valuesOf(a recipe.Axis, limit int) []string {
	if a.Range == nil {
		return a.Values[:min(limit, len(a.Values))]
	}
	n := numbers{*a.Range}
	var out []string
	for k := range min(n.count(), int64(limit)) {
		out = append(out, n.text(n.nth(k)))
	}
	return out
}

// grid enumerates the points, up to a limit, the last axis of the file first.
func (sp *space) grid(limit int) []Point { return enumerate(sp.axes, limit) }

// enumerate gives every point of axes, each after those that its conditions name.
func enumerate(axes []recipe.Axis, limit int) []Point {
	points := []Point{{}}
	for _, a := range axes {
		values := valuesOf(a, limit)
		var next []Point
		for _, p := range points {
			if !active(a, p) {
				next = append(next, p)
				continue
			}
			for _, value := range values {
				q := make(Point, len(p)+1)
				for name, v := range p {
					q[name] = v
				}
				q[a.Name] = value
				if next = append(next, q); len(next) >= limit {
					break
				}
			}
		}
		points = next[:min(limit, len(next))]
	}
	return points
}

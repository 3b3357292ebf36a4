package evaluate

import (
	"cmp"
	"math"
	"slices"

	"github.com/loramerge/loramerge/internal/stats"
)

// Difference is a − b in the goal, with a two-sided interval, or why the two are not compared. What both were
// scored on is paired document by document. Each end of the interval misses the true
// difference at most as often as a one-sided bound of confidence (1 + c)/2 does; doc.go says why.
func (g *Goal) Difference(a, b *Scored, confidence float64) (*Figure, string) {
	miss := (1 - confidence) / 2 // on either side
	d := &goalDifference{}
	own, across := 1-miss, 1-miss
	if k := len(g.parts); k > 1 && !g.mean {
		own, across = 1-miss/2, 1-miss/2/float64(k-1)
	}
	for _, p := range g.parts {
		x, y := a.score(p.task.Name), b.score(p.task.Name)
		first, why := p.figure(x, across)
		second, whyNot := p.figure(y, across)
		if why = cmp.Or(why, whyNot); why == "" {
			why = unlike(x, y)
		}
		if why != "" {
			return nil, p.task.Name + ": " + why
		}
		d.a, d.b, d.same = append(d.a, first), append(d.b, second), append(d.same, p.difference(x, y, own))
	}
	if g.mean {
		return d.mean(), ""
	}
	return d.worst(), ""
}

// goalDifference has what a and b reach on each task of a goal, and the paired difference of both.
type goalDifference struct{ a, b, same []*Figure }

// mean of the differences, which are of tasks that are independent of each other.
func (d *goalDifference) mean() *Figure {
	k := len(d.same)
	weights := make([]float64, k)
	for i := range weights {
		weights[i] = 1 / float64(k)
	}
	return combined(weights, d.same)
}

// combined is Σ wₖFₖ of figures that are independent of each other.
func combined(weights []float64, figures []*Figure) *Figure {
	out, values, bounds, why := &Figure{Unchanged: true}, []float64{}, []stats.Interval{}, ""
	for i, f := range figures {
		values = append(values, f.Value)
		bounds = append(bounds, f.interval())
		if f.Bounds == nil {
			why = f.Unbounded
		}
		out.Value += float64(weights[i] * f.Value)
		out.SE = math.Hypot(out.SE, weights[i]*f.SE)
		out.Documents = smallest(out.Documents, f.Documents)
		out.FellOut += f.FellOut
		out.Wide, out.Unchanged = out.Wide || f.Wide, out.Unchanged && f.Unchanged
	}
	if why != "" {
		return out.bound(stats.Unknown(), why).known()
	}
	return out.bound(stats.Mover(weights, values, bounds), noSE).known()
}

// interval of a figure; unknown where it has no bounds.
func (f *Figure) interval() stats.Interval {
	if f.Bounds == nil {
		return stats.Unknown()
	}
	return stats.Interval{Lower: f.Bounds.Lower, Upper: f.Bounds.Upper}
}

// between is what a reaches on task i less what b reaches on task j.
func (d *goalDifference) between(i, j int) *Figure {
	if i == j {
		return d.same[i]
	}
	return combined([]float64{1, -1}, []*Figure{d.a[i], d.b[j]})
}

// worst is the difference of the least of a and the least of b: the least over a's tasks i of the
// most over b's tasks j of aᵢ − bⱼ, and its bounds likewise. Where the least are of two tasks, their
// difference lies between the paired differences on both, since aᵢ ≤ aⱼ and bⱼ ≤ bᵢ: its standard error
// is the larger one of these.
func (d *goalDifference) worst() *Figure {
	least, other := lowest(d.a), lowest(d.b)
	out := *d.between(least, other)
	out.SE = max(d.same[least].SE, d.same[other].SE)
	i := stats.Interval{Lower: math.Inf(1), Upper: math.Inf(-1)}
	for first := range d.a {
		most := math.Inf(-1)
		for second := range d.b {
			most = max(most, d.between(first, second).interval().Lower)
		}
		i.Lower = min(i.Lower, most)
	}
	for second := range d.b {
		lowest := math.Inf(1)
		for first := range d.a {
			lowest = min(lowest, d.between(first, second).interval().Upper)
		}
		i.Upper = max(i.Upper, lowest)
	}
	why := ""
	for _, f := range slices.Concat(d.same, d.a, d.b) {
		why = cmp.Or(why, f.Unbounded)
	}
	return out.bound(i, why).known()
}

// lowest is which of the figures is the least.
func lowest(figures []*Figure) int {
	least := 0
	for i, f := range figures {
		if f.Value < figures[least].Value {
			least = i
		}
	}
	return least
}

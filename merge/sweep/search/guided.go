package search

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/recipe"
)

// guided runs CMA-ES over the ranges, once for each choice of the lists. All choices get the same
// number of generations, then the better half of them as many trials again, and so on until one is
// left, which gets the rest: sequential halving, Karnin, Koren and Somekh, Almost optimal
// exploration in multi-armed bandits (2013).
type guided struct {
	trials   int
	seed     uint64
	choices  []Point
	ranges   [][]recipe.Axis // those that are active with each choice
	defaults Point

	course *course // nil before the first generation
}

func newGuided(s *recipe.Sweep, sp *space, defaults Point) (Search, error) {
	g := &guided{trials: s.MaxTrials, seed: s.Seed, choices: sp.choices(s.MaxTrials + 1), defaults: defaults}
	first := 0
	for _, choice := range g.choices {
		ranges := sp.activeRanges(choice)
		g.ranges = append(g.ranges, ranges)
		first += trialsOf(len(ranges))
	}
	most, remedy := "", fmt.Sprintf("write at least `max-trials: %d`, fewer values, or `search: random`", first)
	if len(g.choices) > s.MaxTrials {
		most, remedy = "at least ", "write fewer values, or `search: random`"
	}
	if first > s.MaxTrials {
		return nil, fault.At(s.At("max-trials"), "cma-es begins with %s%d trials, a generation for each choice of the lists, and max-trials is %d", most, first, s.MaxTrials).Mend(remedy)
	}
	return g, nil
}

// trialsOf is how many trials a generation of a choice has, which without a range is one point.
func trialsOf(ranges int) int {
	if ranges == 0 {
		return 1
	}
	return population(ranges)
}

// Next follows the search with the goals that are known, up to what they do not answer: from where
// it was, or from its beginning, if other goals led there.
func (g *guided) Next(done []float64) []Point {
	if g.course == nil || !begins(done, g.course.told) {
		g.course = g.begin()
	}
	c := g.course
	for ; c.idle < fruitless/10; c.next() {
		switch {
		case len(done) < len(c.index):
			return c.fresh[len(done)-len(c.told):]
		case len(c.index) >= g.trials || len(c.arms) == 0:
			return nil
		}
		c.tell(done[:len(c.index)])
	}
	return nil
}

// begins reports whether goals begin with others.
func begins(goals, others []float64) bool {
	return len(goals) >= len(others) && slices.EqualFunc(goals[:len(others)], others, func(x, y float64) bool { return cmp.Compare(x, y) == 0 }) // NaN is NaN
}

func (g *guided) begin() *course {
	c := &course{guided: g, index: make(map[string]int)}
	for i, choice := range g.choices {
		c.arms = append(c.arms, &arm{choice: choice, ranges: g.ranges[i], random: rand.New(stream(g.seed, "cma-es "+choice.Key())), best: math.Inf(-1)})
	}
	c.generations = c.share()
	c.next()
	return c
}

// course is a search at some generation.
type course struct {
	*guided
	arms        []*arm
	index       map[string]int // of all points given, by their keys
	told        []float64      // the goals of those before this generation
	fresh       []Point        // of this generation
	idle        int            // generations in a row without a new point
	generations int            // until the worse arms are dropped
}

// next makes the next generation.
func (c *course) next() {
	c.fresh = c.generation()
	if c.idle++; len(c.fresh) > 0 {
		c.idle = 0
	}
}

// arm is a choice of the lists that is still searched.
type arm struct {
	choice Point
	ranges []recipe.Axis
	random *rand.Rand
	search *cmaes
	drawn  []int // the points of its last generation, by their index
	best   float64
}

// generation asks every arm for its next points, and gives those of them that are new, within
// the trials that are left.
func (c *course) generation() []Point {
	var fresh []Point
	for _, a := range c.arms {
		a.drawn = nil
		for _, p := range a.points(c.defaults) {
			key := p.Key()
			if _, given := c.index[key]; !given {
				if len(c.index) == c.trials {
					return fresh
				}
				c.index[key], fresh = len(c.index), append(fresh, p)
			}
			a.drawn = append(a.drawn, c.index[key])
		}
	}
	return fresh
}

// points are those of the arm's next generation. A search that has converged begins again
// elsewhere.
func (a *arm) points(defaults Point) []Point {
	if len(a.ranges) == 0 {
		return []Point{a.choice}
	}
	from := make([]float64, len(a.ranges))
	switch {
	case a.search == nil:
		for i, axis := range a.ranges {
			from[i] = start(axis, defaults)
		}
		a.search = newCMAES(from, a.random)
	case a.search.converged():
		for i := range from {
			from[i] = a.random.Float64()
		}
		a.search = newCMAES(from, a.random)
	}
	var out []Point
	for _, unit := range a.search.draw() {
		out = append(out, fill(a.choice, a.ranges, unit))
	}
	return out
}

// tell gives each arm the goals of its generation, and drops the worse arms when it is time.
func (c *course) tell(done []float64) {
	c.told = append(c.told, done[len(c.told):]...)
	for _, a := range c.arms {
		var goals []float64
		for _, i := range a.drawn {
			goals = append(goals, done[i])
			if done[i] > a.best {
				a.best = done[i]
			}
		}
		if a.search != nil {
			a.search.tell(goals)
		}
	}
	if c.generations--; c.generations > 0 {
		return
	}
	c.arms = slices.DeleteFunc(c.arms, func(a *arm) bool { return len(a.ranges) == 0 })
	best := make([]float64, len(c.arms))
	for i, a := range c.arms {
		best[i] = a.best
	}
	var left []*arm
	for _, i := range Promote(best, (len(c.arms)+1)/2) {
		left = append(left, c.arms[i])
	}
	c.arms, c.generations = left, c.share()
}

// share is for how many generations all arms go on: the trials that are left are shared out
// evenly over the times that arms are dropped.
func (c *course) share() int {
	each := 0
	for _, a := range c.arms {
		each += trialsOf(len(a.ranges))
	}
	if len(c.arms) <= 1 {
		return math.MaxInt
	}
	rungs := bits.Len(uint(len(c.arms)-1)) + 1
	return max(1, (c.trials-len(c.index))/(rungs*each))
}

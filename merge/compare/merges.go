package compare

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/stats"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/evaluate/results"
	"github.com/loramerge/loramerge/merge/plan"
)

// Merges are several merges that are compared.
type Merges struct {
	Confidence float64  `json:"confidence"` // of each bound
	Tasks      []string `json:"tasks"`      // that any of them was scored on
	Merges     []*Merge `json:"merges"`
	Pairs      []*Pair  `json:"pairs"` // of merges, on each task that both were scored on
	Notes      []string `json:"notes,omitempty"`

	directions map[string]results.Direction
	finder     plan.Finder
	unknown    []*fault.Fault // what nothing is known of
}

// Merge is one of them: a candidate that was scored, an output, or both.
type Merge struct {
	Name        string              `json:"name"`
	Lock        string              `json:"lock,omitempty"` // that holds its scores
	Scores      *evaluate.Candidate `json:"scores,omitempty"`
	Tasks       []*evaluate.Task    `json:"tasks,omitempty"` // its base and experts
	Weights     *Weights            `json:"weights,omitempty"`
	DominatedBy []string            `json:"dominated_by,omitempty"` // nowhere better than these, and somewhere worse
	NotBetter   []string            `json:"not_better_than,omitempty"`

	stage   string           // that scored it
	scored  *evaluate.Scored // nil where it was not scored
	unclear bool             // whether it was scored is not known
}

// Pair is a difference between two merges on a task.
type Pair struct {
	A          string           `json:"a"`
	B          string           `json:"b"`
	Task       string           `json:"task"`
	Difference *evaluate.Figure `json:"difference,omitempty"` // B − A, in the metric's units
	Better     string           `json:"better,omitempty"`     // which of the two is, if that is certain enough
	Unlike     string           `json:"not_compared,omitempty"`
	Same       bool             `json:"same_measurement,omitempty"` // both merges have one score
}

// Confidences of each bound. A difference is shown if 0 lies outside of both of its bounds, which
// happens for 5 in 100 merges that do not differ.
const (
	boundConfidence = 0.95
	pairConfidence  = 0.975
)

// Of compares what the paths name: recipes and locks, of which the scores are compared, and outputs,
// of which the weights are, and the scores if a lock beside their recipe pins them. Its errors are
// Faults of the files. find finds outputs that are named by references, and what their recipes name so;
// it may be nil.
func Of(ctx context.Context, paths []string, find plan.Finder) (*Merges, error) {
	c := newMerges()
	c.finder = find
	for _, path := range paths {
		found, err := c.find(ctx, path)
		if err != nil {
			return nil, err
		}
		for _, m := range found {
			m.Name = c.unused(m.Name)
			c.Merges = append(c.Merges, m)
		}
	}
	for _, f := range c.unknown {
		if len(c.Merges) == 0 {
			return nil, f
		}
		c.note("%s: %s", f.File, f.Message())
	}
	c.pairUp()
	c.rank()
	return c, nil
}

func newMerges() *Merges {
	return &Merges{Confidence: boundConfidence, Tasks: []string{}, Merges: []*Merge{}, Pairs: []*Pair{}, directions: make(map[string]results.Direction)}
}

// unused is a name that no other merge has.
func (c *Merges) unused(name string) string {
	out := name
	for n := 2; slices.ContainsFunc(c.Merges, func(m *Merge) bool { return m.Name == out }); n++ {
		out = fmt.Sprintf("%s (%d)", name, n)
	}
	return out
}

// pairUp compares every two merges.
func (c *Merges) pairUp() {
	for j, b := range c.Merges {
		for _, a := range c.Merges[:j] {
			for _, task := range c.Tasks {
				x, y := a.score(task), b.score(task)
				if x == nil || y == nil {
					continue
				}
				p := &Pair{A: a.Name, B: b.Name, Task: task, Same: x.Digest == y.Digest}
				if p.Difference, p.Unlike = evaluate.Compare(y, x, pairConfidence); p.Difference != nil {
					p.Better = c.better(p)
				}
				c.Pairs = append(c.Pairs, p)
			}
		}
	}
}

// better names the merge that is better, if 0 lies outside of the bounds.
func (c *Merges) better(p *Pair) string {
	bounds := p.Difference.Bounds
	if bounds == nil || (bounds.Lower <= 0 && bounds.Upper >= 0) {
		return ""
	}
	if (bounds.Lower > 0) == (c.directions[p.Task] == results.Maximize) {
		return p.B
	}
	return p.A
}

func (m *Merge) score(task string) *evaluate.Score {
	if m.scored == nil {
		return nil
	}
	return m.scored.Scores[task]
}

// rank marks the merges that others make needless. A merge dominates another if it is nowhere worse
// and somewhere better, in all tasks and in size; it makes it doubtful if the other is in no task
// better by one standard error, and not smaller.
func (c *Merges) rank() {
	points := make([][]float64, len(c.Merges))
	sized := true
	for _, m := range c.Merges {
		sized = sized && m.Weights != nil
	}
	for i, m := range c.Merges {
		for _, task := range c.Tasks {
			points[i] = append(points[i], c.turned(m, task))
		}
		if sized {
			points[i] = append(points[i], -float64(m.Weights.Bytes))
		}
	}
	for i, m := range c.Merges {
		for j, other := range c.Merges {
			switch {
			case i == j || m.scored == nil || other.scored == nil || !c.comparable(m, other):
			case stats.Dominates(points[j], points[i]):
				m.DominatedBy = append(m.DominatedBy, other.Name)
			case !c.betterByOne(m, other) && !(sized && m.Weights.Bytes < other.Weights.Bytes):
				m.NotBetter = append(m.NotBetter, other.Name)
			}
		}
	}
}

// turned is a score of which more is better; NaN for none.
func (c *Merges) turned(m *Merge, task string) float64 {
	s := m.score(task)
	if s == nil {
		return math.NaN()
	}
	if c.directions[task] == results.Minimize {
		return -s.Value
	}
	return s.Value
}

// comparable reports whether two merges were scored on all tasks under the same conditions.
func (c *Merges) comparable(a, b *Merge) bool {
	count := 0
	for _, p := range c.Pairs {
		if (p.A == a.Name && p.B == b.Name) || (p.A == b.Name && p.B == a.Name) {
			if p.Difference == nil {
				return false
			}
			count++
		}
	}
	return count == len(c.Tasks)
}

// betterByOne reports whether a merge is better than another by one standard error in some task.
func (c *Merges) betterByOne(m, other *Merge) bool {
	for _, p := range c.Pairs {
		sign := 0.0
		switch {
		case p.A == other.Name && p.B == m.Name:
			sign = 1
		case p.A == m.Name && p.B == other.Name:
			sign = -1
		}
		if c.directions[p.Task] == results.Minimize {
			sign = -sign
		}
		if sign != 0 && sign*p.Difference.Value > p.Difference.SE {
			return true
		}
	}
	return false
}

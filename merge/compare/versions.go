package compare

import (
	"fmt"
	"slices"

	"github.com/loramerge/loramerge/merge/evaluate"
)

// Version is a recipe as it was at some time, with the scores that its lock has.
type Version struct {
	Name   string // of the recipe
	Lock   string // the path of its lock
	Locked *evaluate.Locked
}

// Versions is how the scores of two versions of a recipe differ.
type Versions struct {
	Candidates []*Changed `json:"candidates"` // that both versions scored
	Notes      []string   `json:"notes,omitempty"`
}

// Changed is a candidate in two versions, which are the merges that are compared.
type Changed struct {
	Candidate string  `json:"candidate"`
	Between   *Merges `json:"between"`
}

// OfVersions compares the scores of two versions of a recipe, each candidate with itself; those that are
// the only ones of their versions are one candidate, whatever their names. Its errors are Faults of
// the locks.
func OfVersions(was, is Version) (*Versions, error) {
	out := &Versions{Candidates: []*Changed{}}
	before, err := scoredBy(was)
	if err != nil {
		return nil, err
	}
	after, err := scoredBy(is)
	if err != nil {
		return nil, err
	}
	single := len(before.Merges) == 1 && len(after.Merges) == 1
	for _, b := range after.Merges {
		at := slices.IndexFunc(before.Merges, func(a *Merge) bool {
			return single || a.stage == b.stage && a.scored.Name == b.scored.Name
		})
		if at < 0 {
			out.Notes = append(out.Notes, fmt.Sprintf("%s has no scores of %s", was.Name, b.scored.Name))
			continue
		}
		c := newMerges()
		c.take(was.Name, before, before.Merges[at])
		c.take(is.Name, after, b)
		c.pairUp()
		c.rank()
		out.Candidates = append(out.Candidates, &Changed{b.scored.Name, c})
		before.Merges = slices.Delete(before.Merges, at, at+1)
	}
	for _, a := range before.Merges {
		out.Notes = append(out.Notes, fmt.Sprintf("%s has no scores of %s", is.Name, a.scored.Name))
	}
	return out, nil
}

// scoredBy are the candidates of a version.
func scoredBy(v Version) (*Merges, error) {
	c := newMerges()
	if v.Locked == nil {
		return c, nil
	}
	found, err := c.candidates(v.Name, v.Lock, v.Locked, nil, nil)
	c.Merges = found
	return c, err
}

// take adds a merge of another comparison under another name.
func (c *Merges) take(name string, from *Merges, m *Merge) {
	m.Name = c.unused(name)
	c.Merges = append(c.Merges, m)
	for _, t := range m.Tasks {
		if m.score(t.Name) != nil && !slices.Contains(c.Tasks, t.Name) {
			c.Tasks = append(c.Tasks, t.Name)
			c.directions[t.Name] = t.Direction
		}
	}
	for _, note := range from.Notes {
		if !slices.Contains(c.Notes, note) {
			c.Notes = append(c.Notes, note)
		}
	}
}

// Unchanged reports whether nothing was measured anew: both locks have the same scores.
func (v *Versions) Unchanged() bool {
	for _, of := range v.Candidates {
		c := of.Between
		if slices.ContainsFunc(c.Pairs, func(p *Pair) bool { return !p.Same }) || len(c.Pairs) < len(c.Tasks) {
			return false
		}
	}
	return len(v.Candidates) > 0
}

// Table has a row for each task of each candidate, and one for its worst share. A candidate that is the
// only one is not named.
func (v *Versions) Table() evaluate.Table {
	t := evaluate.Table{Heading: []string{"CANDIDATE", "TASK", "WAS", "IS", "DIFFERENCE", fmt.Sprintf("%g %% INTERVAL", 100*(2*pairConfidence-1)), "MEANING"}}
	for _, of := range v.Candidates {
		c := of.Between
		was, is := c.Merges[0], c.Merges[1]
		name := of.Candidate
		if len(v.Candidates) == 1 {
			name = ""
		}
		for _, task := range c.Tasks {
			row := []string{name, task + " " + c.arrow(task), was.result(task).Score.Text(), is.result(task).Score.Text(), "", "", ""}
			for _, p := range c.Pairs {
				if p.Task == task {
					row[4], row[6] = p.meaning()
					row[5] = p.Difference.Interval()
				}
			}
			t.Rows = append(t.Rows, row)
		}
		if x, y := was.Scores.Worst, is.Scores.Worst; x != nil && y != nil {
			t.Rows = append(t.Rows, []string{name, "worst share", x.Percent(), y.Percent(), "", "", ""})
		}
	}
	return t
}

// Remarks are what the table does not say.
func (v *Versions) Remarks() []string {
	out := slices.Clone(v.Notes)
	for _, c := range v.Candidates {
		for _, remark := range c.Between.Remarks() {
			if !slices.Contains(out, remark) {
				out = append(out, remark)
			}
		}
	}
	return out
}

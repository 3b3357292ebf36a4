package compare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/loramerge/loramerge/internal/reportpage"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/evaluate/results"
)

// Section is a table with the sentence that belongs over it.
type Section struct {
	Title string
	evaluate.Table
}

// Sections are the comparison as people read it. What no merge has is left out.
func (c *Merges) Sections() []Section {
	var out []Section
	for _, s := range []Section{c.scores(), c.shares(), c.differences(), c.sizes(), c.kept()} {
		if len(s.Rows) > 0 {
			out = append(out, s)
		}
	}
	return out
}

// upper begins a sentence.
func upper(title string) string { return strings.ToUpper(title[:1]) + title[1:] }

// Markdown is the comparison for a pull request.
func (c *Merges) Markdown() string {
	var b strings.Builder
	for _, s := range c.Sections() {
		fmt.Fprintf(&b, "**%s**\n\n%s\n", evaluate.MarkdownText(upper(s.Title)), s.Markdown())
	}
	for _, remark := range c.Remarks() {
		fmt.Fprintf(&b, "- %s\n", evaluate.MarkdownText(remark))
	}
	return b.String()
}

// Scored reports whether any merge was.
func (c *Merges) Scored() bool {
	return slices.ContainsFunc(c.Merges, func(m *Merge) bool { return m.scored != nil })
}

// scores has a row for each merge, after the base and the experts of the first that was scored on a
// task.
func (c *Merges) scores() Section {
	s := Section{Title: "scores, with their standard errors", Table: evaluate.Table{Heading: []string{"MERGE"}}}
	base, experts := []string{"(base)"}, []string{"(expert)"}
	for _, task := range c.Tasks {
		s.Heading = append(s.Heading, task+" "+c.arrow(task))
		of := c.task(task)
		base, experts = append(base, of.Base.Text()), append(experts, of.Score.Text())
	}
	s.Heading = append(s.Heading, "STANDING")
	for _, row := range [][]string{base, experts} {
		if strings.Join(row[1:], "") != "" {
			s.Rows = append(s.Rows, append(row, ""))
		}
	}
	for _, m := range c.Merges {
		if m.Scores == nil {
			continue
		}
		row := []string{m.Name}
		for _, task := range c.Tasks {
			row = append(row, m.result(task).Score.Text())
		}
		s.Rows = append(s.Rows, append(row, m.standing()))
	}
	return s
}

// arrow points to where a task's better scores are.
func (c *Merges) arrow(task string) string {
	if c.directions[task] == results.Minimize {
		return "↓"
	}
	return "↑"
}

// task is what the first merge that was scored on it says of it.
func (c *Merges) task(name string) *evaluate.Task {
	for _, m := range c.Merges {
		for _, t := range m.Tasks {
			if t.Name == name {
				return t
			}
		}
	}
	return &evaluate.Task{}
}

func (m *Merge) result(task string) *evaluate.Result {
	if m.Scores != nil {
		for _, r := range m.Scores.Results {
			if r.Task == task {
				return r
			}
		}
	}
	return &evaluate.Result{}
}

// standing says whether others make a merge needless.
func (m *Merge) standing() string {
	switch {
	case m.Scores.NotApplied:
		return "seems not applied"
	case len(m.DominatedBy) > 0:
		return "dominated by " + strings.Join(m.DominatedBy, ", ")
	case len(m.NotBetter) > 0:
		return "not shown to be better than " + strings.Join(m.NotBetter, ", ")
	}
	return ""
}

// shares has a column for each task of which any merge has a share, or would have with an expert
// that is better than the base.
func (c *Merges) shares() Section {
	s := Section{Title: fmt.Sprintf("shares of the experts' gains over the base; each bound holds with %g %% confidence", 100*c.Confidence)}
	tasks := slices.DeleteFunc(slices.Clone(c.Tasks), func(task string) bool {
		return !slices.ContainsFunc(c.Merges, func(m *Merge) bool { return m.result(task).Recovered != nil || m.result(task).Refused != "" })
	})
	s.Heading = append([]string{"MERGE"}, tasks...)
	if len(tasks) > 1 {
		s.Heading = append(s.Heading, "WORST", "MEAN")
	}
	for _, m := range c.Merges {
		if m.Scores == nil || m.Scores.Worst == nil {
			continue
		}
		row := []string{m.Name}
		for _, task := range tasks {
			r := m.result(task)
			text := r.Recovered.Percent()
			if r.Refused != "" {
				text = "–"
			}
			row = append(row, text)
		}
		if len(tasks) > 1 {
			row = append(row, m.Scores.Worst.Percent()+" "+m.Scores.WorstTask, m.Scores.Mean.Percent())
		}
		s.Rows = append(s.Rows, row)
	}
	return s
}

// differences are those of every merge from the first that was scored.
func (c *Merges) differences() Section {
	at := slices.IndexFunc(c.Merges, func(m *Merge) bool { return m.scored != nil })
	if at < 0 {
		return Section{}
	}
	first := c.Merges[at].Name
	s := Section{Title: "differences from " + first, Table: evaluate.Table{Heading: []string{"MERGE", "TASK", "DIFFERENCE", "MEANING"}}}
	for _, p := range c.Pairs {
		if p.A != first {
			continue
		}
		difference, meaning := p.meaning()
		s.Rows = append(s.Rows, []string{p.B, p.Task, difference, meaning})
	}
	return s
}

// meaning is the difference of a pair, and what it says of B.
func (p *Pair) meaning() (difference, meaning string) {
	switch {
	case p.Unlike != "":
		return "", "not compared: " + p.Unlike
	case p.Same:
		meaning = "the same measurement"
	case p.Difference.Unchanged:
		meaning = fmt.Sprintf("no document of %d changed", p.Difference.Documents)
	case p.Better == p.B:
		meaning = "better"
	case p.Better == p.A:
		meaning = "worse"
	default:
		meaning = "not shown to differ"
	}
	if p.Difference.Wide && !p.Same {
		meaning += " (wide: no documents to pair)"
	}
	return p.Difference.SignedText(), meaning
}

func (c *Merges) sizes() Section {
	s := Section{Title: "weights", Table: evaluate.Table{Heading: []string{"MERGE", "MODULES", "RANK", "NORM", "SIZE"}}}
	for _, m := range c.Merges {
		if w := m.Weights; w != nil {
			s.Rows = append(s.Rows, []string{m.Name, fmt.Sprint(w.Modules), fmt.Sprint(w.Rank), fmt.Sprintf("%.4g", w.Norm), humanize.IBytes(uint64(w.Bytes))})
		}
	}
	return s
}

func (c *Merges) kept() Section {
	s := Section{Title: "what each merge M has of its adapters' W: strength ⟨M, W⟩/‖W‖², alignment cos(M, W), elements of opposite signs", Table: evaluate.Table{Heading: []string{"MERGE", "ADAPTER", "NORM", "STRENGTH", "ALIGNMENT", "OPPOSITE"}}}
	for _, m := range c.Merges {
		if m.Weights == nil {
			continue
		}
		for _, k := range m.Weights.Adapters {
			s.Rows = append(s.Rows, []string{m.Name, k.Adapter, fmt.Sprintf("%.4g", k.Norm), ratio(k.Strength), ratio(k.Alignment), percent(k.Opposite)})
		}
	}
	return s
}

func ratio(r reportpage.Ratio) string {
	if !r.Defined() {
		return "–"
	}
	return fmt.Sprintf("%.3f", float64(r))
}

func percent(r reportpage.Ratio) string {
	if !r.Defined() {
		return "–"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(r))
}

// Remarks are what the tables do not say.
func (c *Merges) Remarks() []string {
	out := append([]string{}, c.Notes...)
	for _, m := range c.Merges {
		if m.Weights != nil && m.Weights.Note != "" {
			out = append(out, m.Name+": "+m.Weights.Note)
		}
		if m.Scores == nil && !m.unclear && c.Scored() {
			out = append(out, m.Name+": it was not evaluated")
		}
		if m.Scores != nil {
			for _, r := range m.Scores.Results {
				if r.Refused != "" {
					out = append(out, fmt.Sprintf("%s, %s: no share of the expert's gain: %s", m.Name, r.Task, r.Refused))
				}
			}
		}
	}
	if n := len(c.Pairs); n > 1 {
		out = append(out, fmt.Sprintf("of %d differences, about %.2g would seem better or worse by luck if there were none", n, 0.05*float64(n)))
	}
	if !c.Scored() {
		out = append(out, "none of these was evaluated: how much of an adapter's ΔW a merge has does not say how much of its skill; of merges of one norm, a larger least alignment is a good sign")
	}
	return out
}

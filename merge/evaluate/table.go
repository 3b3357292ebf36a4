package evaluate

import (
	"fmt"
	"math"
	"strings"

	"github.com/loramerge/loramerge/internal/printable"
)

// Table is text in columns, for a terminal or a pull request.
type Table struct {
	Heading []string
	Rows    [][]string
}

// Markdown is the table as GitHub and model cards draw it.
func (t Table) Markdown() string {
	var b strings.Builder
	line := func(cells []string) {
		b.WriteString("|")
		for _, cell := range cells {
			b.WriteString(" " + MarkdownText(cell) + " |")
		}
		b.WriteString("\n")
	}
	line(t.Heading)
	b.WriteString(strings.Repeat("| --- ", len(t.Heading)) + "|\n")
	for _, row := range t.Rows {
		line(row)
	}
	return b.String()
}

// MarkdownText is a line of text that stays what it is in Markdown: others' names must not become
// links, code or HTML.
func MarkdownText(text string) string { return escapeMarkdown.Replace(printable.Line(text)) }

var escapeMarkdown = strings.NewReplacer(`\`, `\\`, "|", `\|`, "<", "&lt;", "&", "&amp;", "`", "\\`", "[", `\[`, "*", `\*`, "_", `\_`)

// Scores has a row for each task of each candidate, and those of the worst and the mean share.
func (j *Judgement) Scores() Table {
	t := Table{Heading: []string{"CANDIDATE", "TASK", "METRIC", "BASE", "EXPERT", "SCORE", "CHANGE", "RECOVERED"}}
	for _, c := range j.Candidates {
		for i, r := range c.Results {
			task := j.Tasks[i]
			share := r.Recovered.Percent()
			if r.Recovered == nil && task.Expert != "" {
				share = "–"
			}
			t.Rows = append(t.Rows, []string{c.Name, task.Name, task.Metric, task.Base.Text(), task.Score.Text(), r.Score.Text(), r.Change.SignedText(), share})
		}
		for _, total := range []struct {
			name  string
			share *Figure
		}{{"worst", c.Worst}, {"mean", c.Mean}} {
			if total.share != nil && len(c.Results) > 1 {
				t.Rows = append(t.Rows, []string{c.Name, total.name, "", "", "", "", "", total.share.Percent()})
			}
		}
	}
	return t
}

// GateTable has a row for each gate and candidate.
func (j *Judgement) GateTable() Table {
	t := Table{Heading: []string{"GATE", "CANDIDATE", "OUTCOME", "WHY"}}
	for _, v := range j.Gates {
		t.Rows = append(t.Rows, []string{v.Gate, v.Candidate, string(v.Outcome), v.Text})
	}
	return t
}

// Remarks are sentences on what no column says: shares that were refused, scores that were not
// compared, documents that fell out, errors that are wide.
func (j *Judgement) Remarks() []string {
	out := append([]string{}, j.Notes...)
	for _, c := range j.Candidates {
		for _, r := range c.Results {
			name := c.Name + ", " + r.Task + ": "
			if r.Refused != "" {
				out = append(out, name+"no share of the expert's gain: "+r.Refused)
			}
			if r.Unlike != "" {
				out = append(out, name+"not compared with the base: "+r.Unlike)
			}
			if r.Change == nil {
				continue
			}
			switch {
			case r.Change.FellOut > 0:
				out = append(out, fmt.Sprintf("%s%d documents were not in both runs, or were not the same, and %d were compared", name, r.Change.FellOut, r.Change.Documents))
			case r.Change.Unchanged:
				out = append(out, fmt.Sprintf("%sno document of %d changed against the base", name, r.Change.Documents))
			case r.Change.Wide && r.Change.Bounds == nil:
				out = append(out, name+noSE+", so no error is known")
			case r.Change.Wide:
				out = append(out, name+"the evaluator gave no documents, so errors are wide")
			}
		}
	}
	return out
}

// Text is a figure with its standard error, to three digits of that: scores of the same documents differ
// by less than their errors say.
func (f *Figure) Text() string {
	if f == nil {
		return ""
	}
	return f.format("", 3)
}

// SignedText is that of a difference.
func (f *Figure) SignedText() string {
	if f == nil {
		return ""
	}
	return f.format("+", 2)
}

func (f *Figure) format(sign string, digits float64) string {
	if f.SE <= 1e-9*math.Abs(f.Value) { // the rounding of equal values
		return fmt.Sprintf("%"+sign+".4g", f.Value)
	}
	n := decimals(f.SE, digits)
	return fmt.Sprintf("%"+sign+".*f ± %.*f", n, f.Value, n, f.SE)
}

// Percent is a share with its bounds.
func (f *Figure) Percent() string {
	switch {
	case f == nil:
		return ""
	case f.Bounds == nil:
		return fmt.Sprintf("%.0f %%", 100*f.Value)
	}
	return fmt.Sprintf("%.0f %% (%.0f to %.0f)", 100*f.Value, 100*f.Bounds.Lower, 100*f.Bounds.Upper)
}

// Interval is what bounds a difference on either side, or empty.
func (f *Figure) Interval() string {
	switch {
	case f == nil || f.Bounds == nil:
		return ""
	case f.SE <= 1e-9*math.Abs(f.Value):
		return fmt.Sprintf("%+.2g to %+.2g", f.Bounds.Lower, f.Bounds.Upper)
	}
	n := decimals(f.SE, 2)
	return fmt.Sprintf("%+.*f to %+.*f", n, f.Bounds.Lower, n, f.Bounds.Upper)
}

// decimals are as many as show so many digits of a standard error.
func decimals(se, digits float64) int {
	return int(max(0, min(12, digits-1-math.Floor(math.Log10(se)))))
}

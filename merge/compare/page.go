package compare

import (
	"fmt"

	"github.com/loramerge/loramerge/internal/reportpage"
	"github.com/loramerge/loramerge/merge/evaluate"
	"github.com/loramerge/loramerge/merge/evaluate/results"
)

// Page is the comparison as it is drawn: the tasks as axes, the merges as dots with their bounds.
// A task with an expert shows shares of its gain, on one scale for all; another one its change.
func (c *Merges) Page(version string) *reportpage.Comparison {
	out := &reportpage.Comparison{Version: version, Notes: c.Remarks()}
	for _, task := range c.Tasks {
		if axis := c.shareAxis(task); len(axis.Dots) > 0 {
			out.Axes = append(out.Axes, axis)
		} else if axis := c.changeAxis(task); len(axis.Dots) > 0 {
			out.Axes = append(out.Axes, axis)
		}
	}
	for _, s := range c.Sections() {
		out.Tables = append(out.Tables, reportpage.Table{Title: upper(s.Title), Heading: s.Heading, Rows: s.Rows})
	}
	return out
}

func (c *Merges) shareAxis(task string) reportpage.Axis {
	axis := reportpage.Axis{Task: task, Unit: "share", Text: "The share of its expert's gain that each merge has.",
		Marks: []reportpage.Mark{{Name: "base", At: 0}, {Name: "expert", At: 1}}}
	for _, m := range c.Merges {
		if f := m.result(task).Recovered; f != nil {
			axis.Dots = append(axis.Dots, dot(m.Name, f))
		}
	}
	return axis
}

// changeAxis is of a task without an expert: what each merge has changed against the base, in the
// metric's units, or the scores where the base has none.
func (c *Merges) changeAxis(task string) reportpage.Axis {
	better := "more"
	if c.directions[task] == results.Minimize {
		better = "less"
	}
	axis := reportpage.Axis{Task: task, Unit: task, Text: fmt.Sprintf("The change against the base; %s is better.", better), Marks: []reportpage.Mark{{Name: "base", At: 0}}}
	for _, m := range c.Merges {
		if f := m.result(task).Change; f != nil {
			axis.Dots = append(axis.Dots, dot(m.Name, f))
		}
	}
	if len(axis.Dots) > 0 {
		return axis
	}
	axis.Text, axis.Marks = fmt.Sprintf("The score; %s is better.", better), nil
	for _, m := range c.Merges {
		if f := m.result(task).Score; f != nil {
			axis.Dots = append(axis.Dots, dot(m.Name, f))
		}
	}
	return axis
}

func dot(name string, f *evaluate.Figure) reportpage.Dot {
	d := reportpage.Dot{Merge: name, Value: reportpage.Ratio(f.Value), Lower: reportpage.Undefined(), Upper: reportpage.Undefined()}
	if f.Bounds != nil {
		d.Lower, d.Upper = reportpage.Ratio(f.Bounds.Lower), reportpage.Ratio(f.Bounds.Upper)
	}
	return d
}

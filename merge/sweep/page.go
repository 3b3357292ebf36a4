package sweep

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/loramerge/loramerge/internal/reportpage"
	"github.com/loramerge/loramerge/recipe"
)

// Page is what a report shows of a result.
func (r *Result) Page(version, title string) *reportpage.Sweep {
	page := &reportpage.Sweep{Version: version, Title: title}
	a := r.Answer
	if a == nil {
		page.Verdict = []string{"The sweep has not come to its end, and has no answer yet."}
	} else {
		page.Verdict, page.Notes = []string{a.Text}, a.Remarks
		for i := range a.Goals {
			if len(a.Verdicts) > 0 {
				page.Differences = append(page.Differences, a.differences(i))
			}
			if i > 0 && len(a.Verdicts) > 0 {
				page.Fronts = append(page.Fronts, a.front(0, i))
			}
		}
	}
	for i, g := range r.Goals {
		for j := range r.Axes {
			page.Plots = append(page.Plots, r.against(i, g, &r.Axes[j]))
		}
	}
	return page
}

// differences of the chosen trials from the recipe as it stands, in goal i.
func (a *Answer) differences(i int) reportpage.Axis {
	axis := reportpage.Axis{Task: a.Goals[i].Goal, Unit: a.Goals[i].Goal, Text: "Intervals with " + fmt.Sprintf("%.4g", 100*a.Confidence) + " % confidence.", Marks: []reportpage.Mark{{Name: "as it stands"}}}
	for _, v := range a.Verdicts {
		d := reportpage.Dot{Merge: fmt.Sprintf("trial %d", v.Trial), Value: reportpage.Undefined(), Lower: reportpage.Undefined(), Upper: reportpage.Undefined()}
		if f := v.Goals[i].Difference; f != nil {
			d.Value = reportpage.Ratio(f.Value)
			if f.Bounds != nil {
				d.Lower, d.Upper = reportpage.Ratio(f.Bounds.Lower), reportpage.Ratio(f.Bounds.Upper)
			}
			axis.Dots = append(axis.Dots, d)
		}
	}
	return axis
}

// front is two goals of the chosen trials on test: where the recipe as it stands is, and the differences
// from there.
func (a *Answer) front(first, second int) reportpage.Plot {
	p := reportpage.Plot{Title: a.Goals[second].Goal + " by " + a.Goals[first].Goal, Text: a.better(second), X: reportpage.Scale{Name: a.Goals[first].Goal}, Y: reportpage.Scale{Name: a.Goals[second].Goal}}
	place := func(goal int, v *Verdict) (at, low, high reportpage.Ratio) {
		at, low, high = reportpage.Undefined(), reportpage.Undefined(), reportpage.Undefined()
		stood := a.Stood[goal].Figure
		if stood == nil {
			return at, low, high
		}
		read := func(x float64) reportpage.Ratio {
			if a.Goals[goal].Turned {
				x = 0 - x
			}
			return reportpage.Ratio(x)
		}
		if v == nil {
			return read(stood.Value), low, high
		}
		if d := v.Goals[goal].Difference; d != nil {
			at = read(stood.Value + d.Value)
			if d.Bounds != nil {
				low, high = read(stood.Value+d.Bounds.Lower), read(stood.Value+d.Bounds.Upper)
			}
		}
		return at, low, high
	}
	add := func(trial int, v *Verdict) {
		q := reportpage.Point{Trial: trial, Marked: v == nil}
		q.X, q.Left, q.Right = place(first, v)
		q.Y, q.Lower, q.Upper = place(second, v)
		q.Name = fmt.Sprintf("%s: %s %.4g, %s %.4g", name(trial), a.Goals[first].Goal, q.X, a.Goals[second].Goal, q.Y)
		p.Points = append(p.Points, q)
	}
	add(0, nil)
	for _, v := range a.Verdicts {
		add(v.Trial, v)
	}
	sortPoints(p.Points)
	return p
}

// better says where in a picture what is better lies.
func (a *Answer) better(goal int) string {
	if a.Goals[goal].Turned {
		return "Lower is better."
	}
	return "Higher is better."
}

func name(trial int) string {
	if trial == 0 {
		return "as it stands"
	}
	return fmt.Sprintf("trial %d", trial)
}

// against is goal i of all trials against an axis.
func (r *Result) against(i int, g recipe.Goal, axis *recipe.Axis) reportpage.Plot {
	p := reportpage.Plot{Title: g.String() + " by " + axis.Name, X: reportpage.Scale{Name: axis.Name, Words: axis.Values}, Y: reportpage.Scale{Name: g.String()}}
	if axis.Range != nil {
		p.X.Log = axis.Range.Log
	}
	marked := []int{0}
	if r.Answer != nil {
		p.Text = r.Answer.better(i)
		for _, v := range r.Answer.Verdicts {
			marked = append(marked, v.Trial)
		}
	}
	for _, t := range append([]*Trial{r.Stood}, r.Trials...) {
		text, active := r.Value(t, axis.Name)
		value, ok := t.Shown(g, i)
		x, err := strconv.ParseFloat(text, 64)
		if axis.Range == nil {
			at := slices.Index(axis.Values, text)
			x, active = float64(at), active && at >= 0
			err = nil
		}
		if !active || !ok || err != nil {
			continue
		}
		none := reportpage.Undefined()
		p.Points = append(p.Points, reportpage.Point{Name: fmt.Sprintf("%s: %s=%s, %s %.4g", name(t.Number), axis.Name, text, g, value), Trial: t.Number,
			X: reportpage.Ratio(x), Y: reportpage.Ratio(value), Left: none, Right: none, Lower: none, Upper: none, Marked: slices.Contains(marked, t.Number)})
	}
	sortPoints(p.Points)
	return p
}

// sortPoints puts points from left to right, as arrow keys go.
func sortPoints(points []reportpage.Point) {
	slices.SortStableFunc(points, func(a, b reportpage.Point) int {
		switch {
		case a.X < b.X:
			return -1
		case a.X > b.X:
			return 1
		}
		return a.Trial - b.Trial
	})
}

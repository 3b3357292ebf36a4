package reportpage

import (
	_ "embed"
	"io"
	"math"
)

// Comparison is what is known about several merges.
type Comparison struct {
	Version string
	Axes    []Axis // of the tasks
	Tables  []Table
	Notes   []string // what a reader should know before believing the figures
}

// Axis is one task, with a dot for each merge that was scored on it. Axes of one unit are drawn on
// one scale.
type Axis struct {
	Task  string
	Unit  string
	Text  string // what is drawn, in a sentence
	Marks []Mark
	Dots  []Dot
}

// Mark is a line across an axis, such as the base's score.
type Mark struct {
	Name string
	At   float64
}

// Dot is a merge on an axis. Bounds are undefined where there are none.
type Dot struct {
	Merge               string
	Value, Lower, Upper Ratio
}

// Table is text in columns.
type Table struct {
	Title   string     `json:"title"`
	Heading []string   `json:"heading"`
	Rows    [][]string `json:"rows"`
}

//go:embed compare.html
var compareText string

var compareTemplate = pageOf(compareText)

// WriteComparison draws a page as Write does; it has no script.
func WriteComparison(w io.Writer, c *Comparison) error {
	return write(w, compareTemplate, struct {
		*Comparison
		Frame frame
		Axes  []axisView
	}{c, still(c.Version, "Merges side by side"), axisViews(c.Axes)})
}

// Sizes of a picture, in pixels: names stand on the left, the scale beside them.
const (
	axisNames  = 190
	axisScale  = 330
	axisMargin = 12
	axisRow    = 22
	axisHead   = 22
	mostName   = 30 // letters of a merge's name
)

// axisView is an Axis as it is drawn.
type axisView struct {
	Task, Text    string
	Width, Height float64
	Marks         []markView
	Rows          []dotView
}

type markView struct {
	Name      string
	X, Bottom float64
}

type dotView struct {
	Merge, Name, Title, Exact       string
	NameX, X, Y, TextY, Left, Right float64
	Bounded                         bool
}

func axisViews(axes []Axis) []axisView {
	reach := make(map[string][2]float64) // of each unit
	for _, a := range axes {
		low, high := a.limits()
		if r, ok := reach[a.Unit]; ok {
			low, high = min(low, r[0]), max(high, r[1])
		}
		reach[a.Unit] = [2]float64{low, high}
	}
	var out []axisView
	for _, a := range axes {
		r := reach[a.Unit]
		span := r[1] - r[0]
		if !(span > 0) {
			r[0], span = r[0]-0.5, 1
		}
		place := func(x float64) float64 {
			return rounded(axisNames + axisMargin + axisScale*max(0, min(1, (x-r[0])/span)))
		}
		bottom := float64(axisHead + axisRow*len(a.Dots))
		view := axisView{Task: a.Task, Text: a.Text, Width: axisNames + axisScale + 2*axisMargin, Height: bottom + 4}
		for _, m := range a.Marks {
			view.Marks = append(view.Marks, markView{m.Name, place(m.At), bottom})
		}
		for i, d := range a.Dots {
			y := axisHead + axisRow*(float64(i)+0.5)
			row := dotView{Merge: d.Merge, Name: shortName(d.Merge), Title: d.title(), Exact: exact(d.Value), NameX: axisNames, X: place(float64(d.Value)), Y: y, TextY: y + 4}
			if d.Lower.Defined() && d.Upper.Defined() {
				row.Left, row.Right, row.Bounded = place(float64(d.Lower)), place(float64(d.Upper)), true
			}
			view.Rows = append(view.Rows, row)
		}
		out = append(out, view)
	}
	return out
}

// limits are the least and the largest of what is drawn.
func (a *Axis) limits() (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	add := func(x float64) {
		if !math.IsNaN(x) && !math.IsInf(x, 0) {
			low, high = min(low, x), max(high, x)
		}
	}
	for _, m := range a.Marks {
		add(m.At)
	}
	for _, d := range a.Dots {
		add(float64(d.Value))
		add(float64(d.Lower))
		add(float64(d.Upper))
	}
	return low, high
}

func (d Dot) title() string {
	text := d.Merge + ": " + size(float64(d.Value))
	if d.Lower.Defined() && d.Upper.Defined() {
		text += ", between " + size(float64(d.Lower)) + " and " + size(float64(d.Upper))
	}
	return text
}

// shortName is the end of a long name, which is where paths differ.
func shortName(name string) string {
	letters := []rune(name)
	if len(letters) <= mostName {
		return name
	}
	return "…" + string(letters[len(letters)-mostName+1:])
}

func rounded(x float64) float64 { return math.Round(10*x) / 10 }

package reportpage

import (
	_ "embed"
	"io"
	"math"
)

// Sweep is what a sweep has found.
type Sweep struct {
	Version     string
	Title       string
	Verdict     []string // sentences
	Notes       []string
	Differences []Axis // from the recipe as it stands, on test, by goal
	Fronts      []Plot // two goals on test, of the trials that were chosen
	Plots       []Plot // a goal against an axis, of all trials on select
	Tables      []Table
}

// Plot is a picture of points.
type Plot struct {
	Title  string
	Text   string // what is drawn, in a sentence
	X, Y   Scale
	Points []Point
}

// Scale is what lies along a side of a plot: numbers, or words at 0, 1, 2, ….
type Scale struct {
	Name  string
	Log   bool
	Words []string
}

// Point is a trial. Its bounds are undefined where there are none.
type Point struct {
	Name                      string // in words, with its numbers
	Trial                     int
	X, Y                      Ratio
	Left, Right, Lower, Upper Ratio
	Marked                    bool // it stands out
}

//go:embed sweep.html
var sweepText string

var sweepTemplate = pageOf(sweepText)

// WriteSweep draws a page as Write does.
func WriteSweep(w io.Writer, s *Sweep) error {
	return write(w, sweepTemplate, struct {
		*Sweep
		Frame         frame
		Differences   []axisView
		Fronts, Plots []plotView
	}{s, scripted(s.Version, s.Title), axisViews(s.Differences), plotViews(s.Fronts), plotViews(s.Plots)})
}

// Sizes of a plot, in pixels.
const (
	plotLeft   = 60
	plotTop    = 12
	plotWidth  = 270
	plotHeight = 170
	plotBelow  = 36
	plotMargin = 8 // between the frame and the outermost points
)

type plotView struct {
	*Plot
	Width, Height             float64
	FrameX, FrameY, FrameEnds float64 // left, bottom, right
	XTicks, YTicks            []tickView
	NameX, NameY              float64
	Marks                     []pointView
}

type tickView struct {
	X, Y float64
	Text string
}

type pointView struct {
	Point
	CX, CY       float64
	ExactX       string
	ExactY       string
	L, R, B, T   float64
	Wide, Tall   bool
	Radius       float64
	PlainOrThick string // the class
}

func plotViews(plots []Plot) (out []plotView) {
	for i := range plots {
		out = append(out, plots[i].view())
	}
	return out
}

func (p *Plot) view() plotView {
	v := plotView{Plot: p, Width: plotLeft + plotWidth + plotMargin, Height: plotTop + plotHeight + plotBelow,
		FrameX: plotLeft, FrameY: plotTop + plotHeight, FrameEnds: plotLeft + plotWidth}
	v.NameX, v.NameY = plotLeft+plotWidth/2, v.Height-4
	var xs, ys []Ratio
	for _, q := range p.Points {
		xs, ys = append(xs, q.X, q.Left, q.Right), append(ys, q.Y, q.Lower, q.Upper)
	}
	acrossOf, xTicks := p.X.places(xs, plotLeft+plotMargin, plotLeft+plotWidth-plotMargin)
	upOf, yTicks := p.Y.places(ys, plotTop+plotHeight-plotMargin, plotTop+plotMargin)
	for _, t := range xTicks {
		v.XTicks = append(v.XTicks, tickView{t.at, plotTop + plotHeight + 15, t.text})
	}
	for _, t := range yTicks {
		v.YTicks = append(v.YTicks, tickView{plotLeft - 5, t.at + 4, t.text})
	}
	for _, q := range p.Points {
		if !q.X.Defined() || !q.Y.Defined() {
			continue
		}
		m := pointView{Point: q, CX: acrossOf(q.X), CY: upOf(q.Y), ExactX: exact(q.X), ExactY: exact(q.Y), Radius: 3, PlainOrThick: "m"}
		if q.Marked {
			m.Radius, m.PlainOrThick = 5, "m chosen"
		}
		if m.Wide = q.Left.Defined() && q.Right.Defined(); m.Wide {
			m.L, m.R = acrossOf(q.Left), acrossOf(q.Right)
		}
		if m.Tall = q.Lower.Defined() && q.Upper.Defined(); m.Tall {
			m.B, m.T = upOf(q.Lower), upOf(q.Upper)
		}
		v.Marks = append(v.Marks, m)
	}
	return v
}

type tick struct {
	at   float64
	text string
}

// places gives where a scale's numbers lie between two ends, and what is written at its own.
func (s Scale) places(numbers []Ratio, from, to float64) (at func(Ratio) float64, ticks []tick) {
	on := func(x float64) float64 {
		if s.Log {
			return math.Log(x)
		}
		return x
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, x := range numbers {
		if x.Defined() && (!s.Log || x > 0) {
			low, high = min(low, float64(x)), max(high, float64(x))
		}
	}
	if len(s.Words) > 0 {
		low, high = -0.5, float64(len(s.Words))-0.5
	}
	span := on(high) - on(low)
	at = func(x Ratio) float64 {
		if !(span > 0) || math.IsInf(span, 1) {
			return rounded((from + to) / 2)
		}
		return rounded(from + (to-from)*max(0, min(1, (on(float64(x))-on(low))/span)))
	}
	for i, word := range s.Words {
		ticks = append(ticks, tick{at(Ratio(i)), shortName(word)})
	}
	if len(s.Words) == 0 && high >= low {
		if ticks = append(ticks, tick{at(Ratio(low)), size(low)}); high > low {
			ticks = append(ticks, tick{at(Ratio(high)), size(high)})
		}
	}
	return at, ticks
}

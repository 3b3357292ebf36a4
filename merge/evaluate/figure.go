package evaluate

import (
	"math"

	"github.com/loramerge/loramerge/internal/stats"
)

// Figure is a number with its error.
type Figure struct {
	Value     float64 `json:"value"`
	SE        float64 `json:"se,omitempty"`        // 0 where there is none
	Bounds    *Bounds `json:"bounds,omitempty"`    // nil where there are none
	Documents int     `json:"documents,omitempty"` // that it is of; 0 if that is not known
	FellOut   int     `json:"fell_out,omitempty"`  // documents that could not be paired
	Wide      bool    `json:"wide,omitempty"`      // its error is not from documents that were paired
	Unchanged bool    `json:"unchanged,omitempty"` // no document differs
	Unbounded string  `json:"unbounded,omitempty"` // why there are no bounds

	rate   bool    // the share of 1 among Documents, where all scores are 0 or 1
	hidden float64 // what bounds it where no document shows a difference
}

// Bounds are one-sided, each with the confidence of the evaluation.
type Bounds struct {
	Lower float64 `json:"lower"`
	Upper float64 `json:"upper"`
}

const (
	noSE      = "the evaluator gave neither documents nor a standard error"
	allEqual  = "every document has the same score, so there is no standard error"
	oneOnly   = "one document has no standard error"
	tooLarge  = "the numbers are too large to be bounded"
	fewForZ   = 30 // documents; with fewer, Student's t and Wilson's bounds
	sameShift = "all documents changed by the same, so there is no standard error"
)

// critical is the quantile that goes with degrees of freedom, where 0 stands for many.
func critical(confidence float64, degrees int) float64 {
	if degrees+1 >= fewForZ {
		degrees = 0
	}
	return stats.Critical(confidence, degrees)
}

// bound sets the bounds, if they are numbers.
func (f *Figure) bound(i stats.Interval, why string) *Figure {
	f.Bounds, f.Unbounded = nil, ""
	if i.Known() && !math.IsNaN(i.Lower) && !math.IsNaN(i.Upper) {
		f.Bounds = &Bounds{i.Lower, i.Upper}
	} else {
		f.Unbounded = why
	}
	return f
}

// known makes a figure printable: numbers that overflowed are none.
func (f *Figure) known() *Figure {
	if math.IsNaN(f.SE) || math.IsInf(f.SE, 0) {
		f.SE = 0
	}
	if math.IsNaN(f.Value) || math.IsInf(f.Value, 0) {
		f.Value, f.Bounds, f.Unbounded = 0, nil, tooLarge
	}
	return f
}

// figure is an adapter's score by itself.
func (s *Score) figure(confidence float64) *Figure {
	if s == nil {
		return nil
	}
	f := &Figure{Value: s.Value, SE: s.SE, Documents: s.N}
	p := pair(s)
	if p.n() == 0 {
		f.Wide = true
		return f.bound(stats.Bounds(f.Value, f.SE, critical(confidence, s.N-1)), noSE).known()
	}
	e := p.estimates()[0]
	q := critical(confidence, p.degrees(e))
	f.Documents = p.n()
	if p.yesNo() && (p.n() < fewForZ || e.SE() == 0) {
		count := 0
		for _, d := range p.of[0] {
			count += int(d.Value)
		}
		f.SE, f.rate = e.SE(), true
		return f.bound(stats.Wilson(count, p.n(), confidence), "").known()
	}
	interval, why := stats.Bounds(e.Value, e.SE(), q), allEqual
	if e.Degrees() < 1 {
		why = oneOnly
	}
	if s.Exp {
		interval = stats.Interval{Lower: math.Exp(interval.Lower), Upper: math.Exp(interval.Upper)}
		if interval.Lower == 0 {
			interval = stats.Unknown()
		}
		e = e.Exp()
	}
	f.Value, f.SE = e.Value, e.SE()
	return f.bound(interval, why).known()
}

// difference is a − b, in the metric's own units.
func difference(a, b *Score, confidence float64) *Figure {
	p := pair(a, b)
	if p.n() == 0 || a.Exp != b.Exp {
		x, y := a.figure(confidence), b.figure(confidence)
		f := &Figure{Value: x.Value - y.Value, Documents: min(x.Documents, y.Documents), Wide: true, FellOut: p.fellOut}
		if x.SE == 0 || y.SE == 0 {
			return f.bound(stats.Unknown(), noSE).known()
		}
		f.SE = math.Hypot(x.SE, y.SE)
		return f.bound(stats.Bounds(f.Value, f.SE, critical(confidence, f.Documents-1)), noSE).known()
	}
	e := p.estimates()
	if a.Exp {
		e[0], e[1] = e[0].Exp(), e[1].Exp()
	}
	d := e[0].Minus(e[1])
	f := &Figure{Value: d.Value, SE: d.SE(), Documents: p.n(), FellOut: p.fellOut, Unchanged: p.unchanged()}
	if f.Unchanged {
		f.hidden = hidden(p, confidence)
		if a.Exp {
			f.hidden *= e[0].Value
		}
		return f.bound(stats.Bounds(0, f.hidden, 1), allEqual).known()
	}
	why := sameShift
	if d.Degrees() < 1 {
		why = oneOnly
	}
	return f.bound(stats.Bounds(d.Value, d.SE(), critical(confidence, p.degrees(d))), why).known()
}

// hidden is by how much a mean could have changed though none of n documents has: the rate of
// change that none of n could have shown (about 3/n), times what one document can change.
func hidden(p paired, confidence float64) float64 {
	return stats.Unseen(p.n(), confidence) * p.spread()
}

// better turns a difference so that larger is better.
func (f *Figure) better(minimize bool) *Figure {
	if !minimize || f == nil {
		return f
	}
	return f.negated()
}

func (f *Figure) negated() *Figure {
	out := *f
	out.Value = 0 - f.Value // not −0
	if f.Bounds != nil {
		out.Bounds = &Bounds{-f.Bounds.Upper, -f.Bounds.Lower}
	}
	return &out
}

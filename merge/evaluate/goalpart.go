package evaluate

import (
	"math"

	"github.com/loramerge/loramerge/internal/stats"
	"github.com/loramerge/loramerge/merge/evaluate/results"
)

// difference of two scores in a part of a goal; more is better.
func (p goalPart) difference(a, b *Score, confidence float64) *Figure {
	if !p.share {
		return widened(difference(a, b, confidence).better(p.minimize()), pair(a, b), p.minimize(), 1, confidence)
	}
	scores := pair(p.base, p.expert, a, b)
	isPaired := scores.n() >= 2 && p.base.Exp == p.expert.Exp && p.base.Exp == a.Exp && p.base.Exp == b.Exp
	f, q, degrees := &Figure{Documents: scores.n(), FellOut: scores.fellOut}, stats.Quotient{}, 0
	if isPaired {
		e := scores.estimates()
		x, y := e[2].Minus(e[3]), e[1].Minus(e[0])
		q, degrees = stats.QuotientOf(x, y), scores.degrees(y)
		f.Unchanged = pairOf(scores, 2, 3).unchanged()
	} else {
		q, f.Documents = p.summarized(a.figure(confidence), b.figure(confidence), confidence)
		degrees, f.Wide = f.Documents-1, true
	}
	f.Value, f.SE = q.Value(), q.SE()
	interval, g := q.Fieller(critical(confidence, degrees))
	switch {
	case f.Unchanged:
		f.hidden = hidden(pairOf(scores, 2, 3), confidence) / math.Abs(q.Y)
		return f.bound(stats.Bounds(0, f.hidden, 1), allEqual).known()
	case math.IsNaN(g) || math.IsNaN(q.VarX):
		return f.bound(stats.Unknown(), noSE).known()
	case !(q.VarX > 1e-24*q.X*q.X):
		return f.bound(stats.Unknown(), sameShift).known()
	case g >= 1:
		return f.bound(stats.Unknown(), "the expert's gain is too uncertain for an interval").known()
	}
	f.bound(interval, noSE)
	return widened(f.known(), pairOf(scores, 2, 3), q.Y < 0, math.Abs(q.Y), confidence)
}

// summarized is (a − b)/(expert − base) of four independent scores.
func (p goalPart) summarized(a, b *Figure, confidence float64) (q stats.Quotient, documents int) {
	base, expert := p.base.figure(confidence), p.expert.figure(confidence)
	variance := func(x, y *Figure) float64 {
		if x.SE == 0 || y.SE == 0 {
			return math.NaN()
		}
		return float64(x.SE*x.SE) + float64(y.SE*y.SE)
	}
	q = stats.Quotient{X: a.Value - b.Value, Y: expert.Value - base.Value, VarX: variance(a, b), VarY: variance(expert, base)}
	return q, min(base.Documents, expert.Documents, a.Documents, b.Documents)
}

// pairOf are two of the scores that were paired.
func pairOf(p paired, first, second int) paired {
	return paired{of: [][]results.Document{p.of[first], p.of[second]}}
}

// widened widens the interval of a difference of yes/no answers, in units of gain, where the exact
// bounds of the answers that differ are wider: of few of them, standard errors are too sure.
func widened(f *Figure, p paired, minimize bool, gain, confidence float64) *Figure {
	if f.Bounds == nil || f.Unchanged || p.n() == 0 || !p.yesNo() {
		return f
	}
	var first, second int
	for i, d := range p.of[0] {
		if e := p.of[1][i]; d.Value != e.Value {
			if (d.Value > e.Value) != minimize {
				first++
			} else {
				second++
			}
		}
	}
	exact := stats.Discordant(first, second, p.n(), confidence)
	f.Bounds.Lower, f.Bounds.Upper = min(f.Bounds.Lower, exact.Lower/gain), max(f.Bounds.Upper, exact.Upper/gain)
	return f
}

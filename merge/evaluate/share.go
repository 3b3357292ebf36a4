package evaluate

import (
	"fmt"
	"math"

	"github.com/loramerge/loramerge/internal/stats"
)

// share is (base − merged)/(base − expert), the part of its expert's gain that a merge has, with
// Fieller's interval. It is refused, with the reason, where the expert is not better than the base
// by two standard errors: then there is no gain to have a share of. Perplexities are compared on
// their logarithms.
func share(base, expert, merged *Score, minimize bool, confidence float64) (f *Figure, refused string) {
	p := pair(base, expert, merged)
	isPaired := p.n() >= 2 && base.Exp == expert.Exp && base.Exp == merged.Exp
	q, degrees := stats.Quotient{}, 0
	f = &Figure{Documents: p.n(), FellOut: p.fellOut}
	if isPaired {
		e := p.estimates()
		x, y := e[2].Minus(e[0]), e[1].Minus(e[0])
		q, degrees = stats.QuotientOf(x, y), p.degrees(y)
		f.Unchanged = x.Value == 0 && q.VarX == 0
	} else {
		b, e, m := base.figure(confidence), expert.figure(confidence), merged.figure(confidence)
		q = stats.QuotientOfGains(summary(b), summary(e), summary(m))
		f.Documents, f.Wide = min(b.Documents, e.Documents, m.Documents), true
		degrees = f.Documents - 1
		if b.SE == 0 || e.SE == 0 || m.SE == 0 {
			q.VarX, q.VarY = math.NaN(), math.NaN()
		}
	}
	gain, se := q.Y, math.Sqrt(q.VarY)
	if minimize {
		gain = -gain
	}
	switch {
	case gain <= 0:
		return nil, fmt.Sprintf("its expert is not better than the base (%s)", signed(gain))
	case gain <= 2*se:
		return nil, fmt.Sprintf("its expert is not better than the base by two standard errors (%s ± %s)", signed(gain), short(se))
	}
	f.Value, f.SE = q.Value(), q.SE()
	interval, g := q.Fieller(critical(confidence, degrees))
	switch {
	case math.IsNaN(g):
		return f.bound(stats.Unknown(), noSE).known(), ""
	case g >= 1:
		return nil, fmt.Sprintf("its expert's gain (%s ± %s) is too uncertain for an interval", signed(gain), short(se))
	case isPaired && !(q.VarX-2*f.Value*q.CovXY+f.Value*f.Value*q.VarY > 1e-24*q.Y*q.Y) && p.yesNo():
		// Answers that agree on n documents, as the base's or the expert's: see hidden.
		f.hidden = hidden(p, confidence) / gain
		interval = stats.Bounds(f.Value, f.hidden, 1)
	}
	return f.bound(interval, noSE).known(), ""
}

func summary(f *Figure) stats.Summary { return stats.Summary{Value: f.Value, SE: f.SE} }

// short is a number as sentences have it.
func short(x float64) string { return fmt.Sprintf("%.3g", x) }

// signed adds 0, which makes +0 of -0.
func signed(x float64) string { return fmt.Sprintf("%+.3g", x+0) }

package stats

import "math"

// Quotient is X/Y of two estimates, with the variances of their errors: the share that a merge
// keeps (X) of what its expert gains over the base (Y).
type Quotient struct{ X, Y, VarX, CovXY, VarY float64 }

// QuotientOf two estimates of the same documents.
func QuotientOf(x, y Estimate) Quotient {
	return Quotient{X: x.Value, Y: y.Value, VarX: x.Cov(x), CovXY: x.Cov(y), VarY: y.Cov(y)}
}

// Summary is a score of which no more is known than its standard error.
type Summary struct{ Value, SE float64 }

// QuotientOfGains is (merged − base)/(expert − base) of three independent scores. Both gains
// have the base's error in common, and nothing else.
func QuotientOfGains(base, expert, merged Summary) Quotient {
	shared := base.SE * base.SE
	return Quotient{
		X: merged.Value - base.Value, Y: expert.Value - base.Value,
		VarX: float64(merged.SE*merged.SE) + shared, CovXY: shared, VarY: float64(expert.SE*expert.SE) + shared,
	}
}

// Value is R = X/Y.
func (q Quotient) Value() float64 { return q.X / q.Y }

// SE is the standard error by the delta method: √(v_xx − 2R·v_xy + R²·v_yy)/|Y|.
func (q Quotient) SE() float64 {
	r := q.Value()
	return math.Sqrt(max(0, q.VarX-float64(2*r*q.CovXY)+float64(r*r*q.VarY))) / math.Abs(q.Y)
}

// Fieller bounds the quotient of two normal means (Fieller, "Some problems in interval
// estimation", 1954): with a = Y² − t²v_yy, h = XY − t²v_xy and c = X² − t²v_xx its ends are
// (h ± √(h² − ac))/a. No interval exists where g = t²v_yy/Y² is 1 or more, which is to say
// where Y is not distinguished from 0.
func (q Quotient) Fieller(t float64) (bounds Interval, g float64) {
	g = t * t * q.VarY / (q.Y * q.Y)
	if !(g < 1) {
		return Unknown(), g
	}
	a := float64(q.Y*q.Y) - float64(t*t*q.VarY)
	h := float64(q.X*q.Y) - float64(t*t*q.CovXY)
	c := float64(q.X*q.X) - float64(t*t*q.VarX)
	root := math.Sqrt(max(0, float64(h*h)-float64(a*c)))
	return Interval{(h - root) / a, (h + root) / a}, g
}

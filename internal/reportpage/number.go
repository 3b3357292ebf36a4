package reportpage

import (
	"math"
	"strconv"
)

// unit is how a figure is written.
type unit struct {
	percent bool
	digits  int // behind the point
}

var (
	percent = unit{true, 1}
	cosine  = unit{false, 3}
	share   = unit{false, 3}
)

// text writes a figure for people; a dash where it is undefined.
func (u unit) text(r Ratio) string {
	x := float64(r)
	switch {
	case !r.Defined():
		return "–"
	case !u.percent:
		return strconv.FormatFloat(zeroed(x, u.digits), 'f', u.digits, 64)
	case x != 0 && math.Abs(100*x) < 0.1:
		return strconv.FormatFloat(100*x, 'g', 2, 64) + " %"
	}
	return strconv.FormatFloat(zeroed(100*x, u.digits), 'f', u.digits, 64) + " %"
}

// zeroed keeps −0.0004 from being written as −0.000.
func zeroed(x float64, digits int) float64 {
	if math.Abs(x) < 0.5*math.Pow10(-digits) {
		return 0
	}
	return x
}

// exact writes a figure so that reading gives it back, for programs.
func exact(r Ratio) string {
	if !r.Defined() {
		return ""
	}
	return strconv.FormatFloat(float64(r), 'g', -1, 64)
}

// size writes a norm.
func size(x float64) string { return strconv.FormatFloat(x, 'g', 4, 64) }

// mean is taken over what is defined.
func mean(xs []Ratio) Ratio {
	sum, count := 0.0, 0.0
	for _, x := range xs {
		if x.Defined() {
			sum, count = sum+float64(x), count+1
		}
	}
	return Over(sum, count)
}

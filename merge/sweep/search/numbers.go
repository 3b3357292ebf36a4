package search

import (
	"math"
	"strconv"

	"github.com/loramerge/loramerge/recipe"
)

// digits are those of a range's values: enough to choose by, and few enough that a recipe with
// them reads well and that nearly equal values are one.
const digits = 4

// numbers is the values of a range.
type numbers struct{ recipe.Range }

// count is how many values there are, or 0 where they are not counted: between the ends of a
// range of fractions without a step.
func (n numbers) count() int64 {
	switch {
	case n.Step > 0:
		return int64(math.Round((n.Max-n.Min)/n.Step)) + 1
	case n.Whole:
		return int64(n.Max-n.Min) + 1
	}
	return 0
}

// nth is the value number k of those that are counted.
func (n numbers) nth(k int64) float64 {
	step := n.Step
	if step == 0 {
		step = 1
	}
	return min(rounded(n.Min+float64(float64(k)*step), 12), n.Max)
}

// at is the value at a share u of the range, 0 ≤ u ≤ 1: Min·(Max/Min)ᵘ on a logarithmic scale,
// and of those that are counted one of equal shares.
func (n numbers) at(u float64) float64 {
	count := n.count()
	switch {
	case u == 0:
		return n.Min
	case u == 1:
		return n.Max
	case n.Log:
		x := n.Min * math.Pow(n.Max/n.Min, u)
		if n.Whole {
			return n.within(math.Round(x))
		}
		return n.within(rounded(x, digits))
	case count > 0:
		return n.nth(min(int64(u*float64(count)), count-1))
	}
	return n.within(n.between(u))
}

// between is a value of a linear range, rounded to so many digits that a narrow range far from
// zero still has a thousand values.
func (n numbers) between(u float64) float64 {
	x := n.Min + float64(u*(n.Max-n.Min))
	fine := math.Floor(math.Log10((n.Max - n.Min) / 1000))
	first := math.Floor(math.Log10(math.Abs(x)))
	return rounded(x, max(digits, int(min(first-fine, 15))+1))
}

// share is where a value lies in the range: at is its inverse but for rounding.
func (n numbers) share(x float64) float64 {
	x = n.within(x)
	if n.Log {
		return math.Log(x/n.Min) / math.Log(n.Max/n.Min)
	}
	if count := n.count(); count > 0 {
		step := (n.Max - n.Min) / float64(count-1)
		return (float64((x-n.Min)/step) + 0.5) / float64(count)
	}
	return (x - n.Min) / (n.Max - n.Min)
}

func (n numbers) within(x float64) float64 { return max(n.Min, min(x, n.Max)) }

// text is a value as a recipe has it.
func (n numbers) text(x float64) string {
	if size := math.Abs(x); size != 0 && (size < 1e-5 || size >= 1e15) {
		return strconv.FormatFloat(x, 'g', -1, 64)
	}
	return strconv.FormatFloat(x, 'f', -1, 64)
}

func rounded(x float64, digits int) float64 {
	y, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'g', digits, 64), 64)
	return y
}

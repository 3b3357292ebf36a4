package reportpage

import (
	"math"
	"slices"
	"strconv"
)

// scale leads from figures to colours: from a light pole to a dark one, or, where
// figures have two signs, from white at 0 to a pole on either side. The colours
// themselves are the style's, which mixes them in OKLab.
type scale struct {
	low, high float64
	class     string // of the style: "seq" or "depth", or "" for two poles
}

// leastSpan is the narrowest range that colours are spread over, so that rounding is
// not drawn as a difference.
const leastSpan = 0.01

// sequential spans the figures given.
func sequential(figures []Ratio) scale {
	low, high := limits(figures)
	if high-low < leastSpan {
		middle := (low + high) / 2
		low, high = middle-leastSpan/2, middle+leastSpan/2
	}
	return scale{low, high, "seq"}
}

// aroundZero reaches as far on both sides as the figures do on either.
func aroundZero(figures []Ratio) scale {
	low, high := limits(figures)
	most := max(leastSpan, -low, high)
	return scale{-most, most, ""}
}

func limits(figures []Ratio) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, r := range figures {
		if r.Defined() {
			low, high = min(low, float64(r)), max(high, float64(r))
		}
	}
	if low > high {
		return 0, 0
	}
	return low, high
}

// paint is a colour of the style: a class, and how far it is mixed towards its pole.
type paint struct {
	Class string
	Mix   string // percent
}

func (s scale) paint(r Ratio) paint {
	if !r.Defined() {
		return paint{"none", "0"}
	}
	x := float64(r)
	if s.class != "" {
		return paint{s.class, mix((x - s.low) / (s.high - s.low))}
	}
	if x < 0 {
		return paint{"neg", mix(x / s.low)}
	}
	return paint{"pos", mix(x / s.high)}
}

func mix(share float64) string {
	return strconv.FormatFloat(100*max(0, min(1, share)), 'f', 0, 64)
}

// depths is the scale of layers, pale enough at its low end to be seen and no paler.
func depths(layers []int) scale {
	first, last := layers[0], layers[len(layers)-1]
	return scale{float64(first), float64(max(last, first+1)), "depth"}
}

// legend is the scale as a strip of colours between its ends.
type legend struct {
	Low, High string
	Strip     []paint
	Gaps      bool // some of the figures are undefined
}

// legendSteps are enough to look even.
const legendSteps = 11

func (s scale) legend(u unit, figures []Ratio) legend {
	l := legend{Low: u.text(Ratio(s.low)), High: u.text(Ratio(s.high))}
	l.Gaps = slices.ContainsFunc(figures, func(r Ratio) bool { return !r.Defined() })
	for i := range legendSteps {
		t := float64(i) / (legendSteps - 1)
		l.Strip = append(l.Strip, s.paint(Ratio(s.low+t*(s.high-s.low))))
	}
	return l
}

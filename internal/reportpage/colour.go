package reportpage

import (
	"slices"
	"strconv"
)

// scale leads from figures to colours: from a light pole to a dark one, or, where figures mean
// something on both sides of a middle, from white there to a pole on either side. Colours mean the
// same on every page. They are the style's, which mixes them in OKLab.
type scale struct {
	low, high float64
	class     string  // of the style: "seq" or "depth", or "" for two poles
	middle    float64 // between two poles
	turned    bool    // the pole of what is good is at the low end
}

// whole is for those of a whole.
var whole = scale{high: 1, class: "seq"}

// aroundZero is for cosines, and for what goes 1 in one direction.
var aroundZero = scale{low: -1, high: 1}

// around is for shares of which chance alone gives so many, which has no colour; less is good.
func around(chance float64) scale { return scale{high: 1, middle: chance, turned: true} }

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
	below, above := "neg", "pos"
	if s.turned {
		below, above = above, below
	}
	if x < s.middle {
		return paint{below, mix((s.middle - x) / (s.middle - s.low))}
	}
	return paint{above, mix((x - s.middle) / (s.high - s.middle))}
}

func mix(share float64) string {
	return strconv.FormatFloat(100*max(0, min(1, share)), 'f', 0, 64)
}

// depths is the scale of layers, pale enough at its low end to be seen and no paler.
func depths(layers []int) scale {
	first, last := layers[0], layers[len(layers)-1]
	return scale{low: float64(first), high: float64(max(last, first+1)), class: "depth"}
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

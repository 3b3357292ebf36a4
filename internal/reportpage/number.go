package reportpage

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// unit is how a figure is written.
type unit struct {
	percent bool
	digits  int // after the point
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

// Alignment writes one for a sentence.
func Alignment(r Ratio) string { return unit{false, 2}.text(r) }

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

// figure is a number at the head of the page.
type figure struct{ Text, What string }

func figures(d *Data) []figure {
	all := []figure{
		{fmt.Sprint(len(d.Adapters)), "adapters"},
		{fmt.Sprint(len(d.Modules)), "modules"},
		{size(d.Norm), "‖ΔW‖ merged"},
	}
	add := func(r Ratio, u unit, what string) {
		if r.Defined() {
			all = append(all, figure{u.text(r), what})
		}
	}
	add(mean(of(d, func(m *Module) Ratio { return m.Cancelled })), percent, "cancelled by a plain sum")
	for _, l := range d.Losses {
		if l.IsCut() {
			add(l.Error*l.Error, percent, "of ‖ΔW‖² cut at "+l.Stage)
		} else {
			add(l.Error, percent, l.Stage+", "+l.What)
		}
	}
	return all
}

// Known reports, by a file's first bytes, whether Write has written it.
func Known(head []byte) bool { return bytes.Contains(head, []byte(generator)) }

// generator is the page's element that names the program, up to its version.
var generator = func() string {
	before, _, _ := strings.Cut(frameText, "{{.Version}}")
	return before[strings.LastIndexByte(before, '\n'):]
}()

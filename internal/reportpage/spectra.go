package reportpage

import (
	"fmt"
	"strings"
)

// spectra are the singular values of all modules of one kind, a line for each layer.
type spectra struct {
	Kind          string
	Width, Height int
	Top           float64 // the largest value, where the axis ends
	most          int     // how many values the longest line has
	Lines         []spectrum
	Legend        legend
	Rows          []tableRow
}

// spectrum is one module's line.
type spectrum struct {
	paint
	Points string
	Module int
	Value  string // the singular values, exact
	Title  string
}

// The measures of a picture's plane.
const spectraWidth, spectraHeight = 300, 140

// newSpectra draws one picture for each kind.
func newSpectra(d *Data) []*spectra {
	if len(d.Modules) == 0 {
		return nil
	}
	g := newGrid(d.Modules)
	fit := depths(g.layers)
	key := fit.legend(unit{}, nil)
	key.Low, key.High = "layer "+layerText(g.layers[0]), layerText(g.layers[len(g.layers)-1])
	all := make([]*spectra, len(g.kinds))
	for i, kind := range g.kinds {
		all[i] = &spectra{Kind: kind, Width: spectraWidth, Height: spectraHeight, Legend: key}
	}
	for i := range d.Modules {
		all[g.rows[d.Modules[i].Kind]].widen(d.Modules[i].Spectrum)
	}
	for _, i := range g.order {
		m := &d.Modules[i]
		all[g.rows[m.Kind]].add(i, m, fit.paint(Ratio(m.Layer)))
	}
	return all
}

// widen makes room for singular values.
func (s *spectra) widen(values []float64) {
	s.most = max(s.most, len(values))
	for _, x := range values {
		s.Top = max(s.Top, x)
	}
}

// add draws a module's line and writes its row.
func (s *spectra) add(i int, m *Module, p paint) {
	row := tableRow{Head: layerText(m.Layer)}
	var points, values []string
	for k, x := range m.Spectrum {
		across := float64(k) / float64(max(1, s.most-1))
		up := float64(Over(x, s.Top))
		points = append(points, fmt.Sprintf("%.1f,%.1f", spectraWidth*across, spectraHeight*(1-up)))
		values = append(values, exact(Ratio(x)))
		row.Cells = append(row.Cells, size(x))
	}
	if s.Top == 0 {
		points = nil
	}
	title := spot(m) + ": no ΔW"
	if n := len(row.Cells); n > 0 {
		title = fmt.Sprintf("%s: σ₁ %s, σ%s %s", spot(m), row.Cells[0], subscript(n), row.Cells[n-1])
	}
	s.Lines = append(s.Lines, spectrum{p, strings.Join(points, " "), i, strings.Join(values, " "), title})
	s.Rows = append(s.Rows, row)
}

// ViewWidth and ViewHeight leave room for the letters around the axes.
func (s *spectra) ViewWidth() int { return s.Width + 8 }

// ViewHeight is ViewWidth's fellow.
func (s *spectra) ViewHeight() int { return s.Height + 2 + 2*lineHeight }

// Below is where the letters under the axis are.
func (s *spectra) Below() int { return s.Height + lineHeight }

// Last is the number of the last singular value.
func (s *spectra) Last() string { return subscript(s.most) }

// subscript writes a number in small digits.
func subscript(n int) string {
	return strings.Map(func(r rune) rune { return '₀' + r - '0' }, fmt.Sprint(n))
}

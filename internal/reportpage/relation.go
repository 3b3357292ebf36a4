package reportpage

import (
	_ "embed"
	"io"
	"slices"
	"strings"
)

// Relation is how adapters relate before they are merged, as a page shows it.
type Relation struct {
	Version  string
	Title    string
	Lead     string   // what to know first
	Findings []string // what to look at
	Facts    []string
	Sections []Part
}

// Part is a section of a page: a text, a list, a table or a matrix, or several of these.
type Part struct {
	Title   string
	Text    string
	Items   []string
	Heading []string
	Rows    [][]string
	Aside   bool // narrow screens leave the last column out
	Matrix  *Matrix
}

// Class is that of a column.
func (p *Part) Class(column int) string {
	if p.Aside && column == len(p.Heading)-1 {
		return "text aside"
	}
	return ""
}

// Matrix is a figure of adapters, each with each, and what unrelated ones have, which is drawn without
// colour. Signed figures reach from −1 to 1, others from 0 to 1.
type Matrix struct {
	Figure    string // as the JSON calls it
	Names     []string
	Values    [][]Ratio
	Unrelated [][]Ratio
	Signed    bool
	Less      bool // less than unrelated adapters have is what alike ones have
}

//go:embed relation.html
var relationText string

var relationTemplate = pageOf(relationText)

// span is a part of a text, code or not.
type span struct {
	Text string
	Code bool
}

// marked takes what stands between backticks for code.
func marked(text string) (all []span) {
	for i, part := range strings.Split(text, "`") {
		if part != "" {
			all = append(all, span{part, i%2 == 1})
		}
	}
	return all
}

// WriteRelation draws a page as Write does; it has no script.
func WriteRelation(w io.Writer, r *Relation) error {
	return write(w, relationTemplate, struct {
		relationView
		Frame frame
	}{viewOf(r), still(r.Version, r.Title)})
}

// relationView is what templates draw.
type relationView struct {
	*Relation
	Sections []partView
}

type partView struct {
	Part
	Drawn *matrix
}

// Across is how many figures a matrix has in a row.
func (v relationView) Across() int {
	most := 0
	for _, p := range v.Matrices() {
		most = max(most, len(p.Drawn.Names))
	}
	return most
}

func viewOf(r *Relation) relationView {
	view := relationView{Relation: r}
	for _, p := range r.Sections {
		drawn := partView{Part: p}
		if p.Matrix != nil {
			drawn.Drawn = p.Matrix.draw()
		}
		view.Sections = append(view.Sections, drawn)
	}
	return view
}

// Tables and Matrices are those of the parts that have one, and Texts the parts that have neither.
func (v relationView) Tables() []partView {
	return v.those(func(p *partView) bool { return p.Rows != nil })
}

func (v relationView) Matrices() []partView {
	return v.those(func(p *partView) bool { return p.Drawn != nil })
}

func (v relationView) Texts() []partView {
	return v.those(func(p *partView) bool { return p.Rows == nil && p.Drawn == nil })
}

func (v relationView) those(has func(*partView) bool) (all []partView) {
	for i := range v.Sections {
		if has(&v.Sections[i]) {
			all = append(all, v.Sections[i])
		}
	}
	return all
}

// draw gives every figure the colour by which it differs from that of unrelated adapters.
func (m *Matrix) draw() *matrix {
	if m.Signed {
		return matrixOf(m.Figure, m.Names, m.Values, aroundZero.legend(cosine, slices.Concat(m.Values...)), cosine, func(int, int) scale { return aroundZero })
	}
	beside := func(unrelated Ratio) scale {
		if !unrelated.Defined() {
			unrelated = 0
		}
		return scale{high: 1, middle: float64(unrelated), turned: m.Less}
	}
	legend := beside(mean(slices.Concat(m.Unrelated...))).legend(percent, slices.Concat(m.Values...))
	return matrixOf(m.Figure, m.Names, m.Values, legend, percent, func(i, j int) scale { return beside(m.Unrelated[i][j]) })
}

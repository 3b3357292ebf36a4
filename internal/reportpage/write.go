package reportpage

import (
	_ "embed"
	"fmt"
	"io"
	"slices"
)

//go:embed page.html
var pageText string

var pageTemplate = pageOf(pageText)

// page is what the template draws.
type page struct {
	Frame   frame
	Title   string
	Reports []view
	Side    []sideRow
	Before  *relationView // of all merges alike; nil where they differ, or there is one
}

// Several reports whether the page shows more than one merge.
func (p *page) Several() bool { return len(p.Reports) > 1 }

// view is one merge.
type view struct {
	*Data
	Anchor    string
	Figures   []figure
	Sections  []section
	Before    *relationView // nil where the page has it
	Spectra   []*spectra
	GraphView graphView
}

// section is a heading and the heat maps below it.
type section struct {
	Title, Text string
	Maps        []*heatMap
}

func before(r *Relation) *relationView {
	if r == nil {
		return nil
	}
	v := viewOf(r)
	return &v
}

// Write draws the page of one merge or of several, a whole HTML document. Whatever the data
// holds is escaped, and what steers a terminal or turns a line around is replaced, which HTML has
// no escape for; the browser is forbidden to fetch anything or to run a script but the page's own.
func Write(w io.Writer, merges ...*Data) error {
	p := &page{Title: merges[0].Title}
	if len(merges) > 1 {
		p.Title, p.Side = fmt.Sprintf("%d merges", len(merges)), sideBySide(merges)
	}
	p.Frame = scripted(merges[0].Version, p.Title+": what the merge did")
	for i, d := range merges {
		p.Reports = append(p.Reports, view{d, fmt.Sprint("merge-", i+1), figures(d), sections(d), before(d.Before), newSpectra(d), newGraphView(d.Graph)})
	}
	if first := merges[0].Before; len(merges) > 1 && !slices.ContainsFunc(merges, func(d *Data) bool { return d.Before != first }) {
		p.Before = before(first)
		for i := range p.Reports {
			p.Reports[i].Before = nil
		}
	}
	return write(w, pageTemplate, p)
}

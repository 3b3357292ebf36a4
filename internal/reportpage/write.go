package reportpage

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/loramerge/loramerge/internal/printable"
)

//go:embed page.html
var pageText string

//go:embed style.css
var style string

//go:embed script.js
var script string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"size": size, "exact": exact, "ratio": share.text, "percent": percent.text,
}).Parse(pageText))

// page is what the template draws.
type page struct {
	Version string
	Title   string
	Style   template.CSS
	Script  template.JS
	Policy  string
	Reports []view
	Side    []sideRow
}

// Several reports whether the page shows more than one merge.
func (p *page) Several() bool { return len(p.Reports) > 1 }

// view is one merge.
type view struct {
	*Data
	Anchor    string
	Figures   []figure
	Sections  []section
	Matrix    *matrix
	Spectra   []*spectra
	GraphView graphView
}

// section is a heading and the heat maps below it.
type section struct {
	Title, Text string
	Maps        []*heatMap
}

// Write draws the page of one merge or of several, a whole HTML document. Whatever the data
// holds is escaped, and what steers a terminal or turns a line around is replaced, which HTML has
// no escape for; the browser is forbidden to fetch anything or to run a script but the page's own.
func Write(w io.Writer, merges ...*Data) error {
	hash := sha256.Sum256([]byte(script))
	p := &page{
		Version: merges[0].Version, Title: merges[0].Title, Style: template.CSS(style), Script: template.JS(script),
		Policy: "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'",
	}
	if len(merges) > 1 {
		p.Title, p.Side = fmt.Sprintf("%d merges", len(merges)), sideBySide(merges)
	}
	for i, d := range merges {
		p.Reports = append(p.Reports, view{d, fmt.Sprint("merge-", i+1), figures(d), sections(d), newMatrix(d), newSpectra(d), newGraphView(d.Graph)})
	}
	var b strings.Builder
	if err := pageTemplate.Execute(&b, p); err != nil {
		return err
	}
	_, err := io.WriteString(w, printable.Text(b.String()))
	return err
}

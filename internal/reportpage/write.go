package reportpage

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
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
	*Data
	Style     template.CSS
	Script    template.JS
	Policy    string
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

// Write draws the page, a whole HTML document. Whatever the data holds is escaped, and
// what steers a terminal or turns a line around is replaced, which HTML has no escape for; the
// browser is forbidden to fetch anything or to run a script but the page's own.
func Write(w io.Writer, d *Data) error {
	hash := sha256.Sum256([]byte(script))
	var b strings.Builder
	err := pageTemplate.Execute(&b, &page{
		Data: d, Style: template.CSS(style), Script: template.JS(script),
		Policy:  "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'",
		Figures: figures(d), Sections: sections(d), Matrix: newMatrix(d), Spectra: newSpectra(d), GraphView: newGraphView(d.Graph),
	})
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, printable.Text(b.String()))
	return err
}

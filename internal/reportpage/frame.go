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

//go:embed frame.html
var frameText string

//go:embed style.css
var style string

//go:embed script.js
var script string

// frame is what the head of every page says.
type frame struct {
	Version string // of loramerge
	Title   string
	Style   template.CSS
	Script  template.JS // may be empty
	Policy  string      // the browser is forbidden to fetch anything or to run a script but the page's own
}

// still is the frame of a page without a script.
func still(version, title string) frame {
	return frame{Version: version, Title: title, Style: template.CSS(style), Policy: "default-src 'none'; style-src 'unsafe-inline'"}
}

func scripted(version, title string) frame {
	f, hash := still(version, title), sha256.Sum256([]byte(script))
	f.Script = template.JS(script)
	f.Policy += "; script-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'"
	return f
}

// parts are the templates that several pages are made of.
var parts = template.Must(template.New("frame").Funcs(template.FuncMap{
	"size": size, "exact": exact, "ratio": share.text, "percent": percent.text, "marked": marked,
}).Parse(frameText))

func pageOf(text string) *template.Template {
	return template.Must(template.Must(parts.Clone()).New("page").Parse(text))
}

// write draws a page. Whatever its data holds is escaped, and what steers a terminal or turns a line around is
// replaced, which HTML has no escape for.
func write(w io.Writer, page *template.Template, view any) error {
	var b strings.Builder
	if err := page.Execute(&b, view); err != nil {
		return err
	}
	_, err := io.WriteString(w, printable.Text(b.String()))
	return err
}

//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/overwrite"
	"github.com/loramerge/loramerge/internal/printable"
	"github.com/loramerge/loramerge/internal/reportpage"
	"github.com/loramerge/loramerge/merge/relate"
	"github.com/loramerge/loramerge/merge/report"
)

// TestReportByKeyboard: the tab key reaches each picture once, arrows walk over its
// marks, and the mark under the focus is read out.
func TestReportByKeyboard(t *testing.T) {
	b := openBrowser(t)
	page, _ := reported(t)
	b.open(t, "file://"+page)
	var pictures []string
	b.evaluate(t, `[...document.querySelectorAll('.marks')].map(p => p.getAttribute('aria-label'))`, &pictures)
	const mostStops = 200
	var reached []string
	for range mostStops {
		b.press(t, "Tab")
		var picture string
		b.evaluate(t, `document.activeElement.closest('.m')?.closest('.marks').getAttribute('aria-label') ?? ''`, &picture)
		if picture != "" {
			reached = append(reached, picture)
		}
		if len(reached) > 1 && picture == reached[0] {
			break
		}
	}
	if want := append(pictures, pictures[0]); !slices.Equal(reached, want) {
		t.Errorf("the tab key reached %q, expected %q", reached, want)
	}

	// Three kinds of module are rows, and three layers are columns.
	for _, step := range []struct{ key, title string }{
		{"ArrowRight", "layer 1 down_proj"}, {"ArrowDown", "layer 1 q_proj"}, {"ArrowLeft", "layer 0 q_proj"}, {"ArrowUp", "layer 0 down_proj"},
		{"ArrowLeft", "layer 0 down_proj"}, {"End", "layer 2 v_proj"}, {"ArrowDown", "layer 2 v_proj"}, {"Home", "layer 0 down_proj"},
	} {
		b.press(t, step.key)
		var readout string
		b.evaluate(t, `document.activeElement.closest('figure').querySelector('output').textContent`, &readout)
		if title, _, _ := strings.Cut(readout, ": "); title != step.title {
			t.Errorf("%s leads to %q, expected %q", step.key, readout, step.title)
		}
	}
}

// looks are ways to see a page; a sheet of A4 with its margins is 680 CSS pixels wide.
var looks = []struct {
	media, scheme string
	width         int
	dark          bool
}{
	{"screen", "light", 1280, false},
	{"screen", "dark", 1280, true},
	{"screen", "dark", 360, true},
	{"print", "light", 680, false},
	{"print", "dark", 680, false},
}

// TestReportLooks: on screens wide and narrow, light and dark, and on paper, text stands
// out from what is behind it, and nothing is wider than the page.
func TestReportLooks(t *testing.T) {
	b := openBrowser(t)
	_, data := reported(t)
	b.open(t, "file://"+drawn(t, manyCosines(data)))
	for _, look := range looks {
		t.Run(fmt.Sprint(look.media, " ", look.scheme, " ", look.width), func(t *testing.T) {
			b.call(t, "Emulation.setEmulatedMedia", map[string]any{"media": look.media, "features": []map[string]string{{"name": "prefers-color-scheme", "value": look.scheme}}}, nil)
			b.call(t, "Emulation.setDeviceMetricsOverride", map[string]any{"width": look.width, "height": 900, "deviceScaleFactor": 1, "mobile": false}, nil)
			var seen struct {
				Page  float64 // its luminance
				Width int
				Faint []string
			}
			b.evaluate(t, seenScript, &seen)
			if dark := seen.Page < 0.5; dark != look.dark {
				t.Errorf("the page's luminance is %v", seen.Page)
			}
			if seen.Width > look.width {
				t.Errorf("the page is %d wide", seen.Width)
			}
			if len(seen.Faint) > 0 {
				t.Errorf("too faint: %q", seen.Faint)
			}
		})
	}
}

// seenScript lists the texts whose contrast is below the 4.5 of WCAG 2.2, 1.4.3.
const seenScript = `(() => {
	const brush = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
	const luminance = colour => {
		brush.fillStyle = colour;
		brush.fillRect(0, 0, 1, 1);
		const [r, g, b] = [...brush.getImageData(0, 0, 1, 1).data].map(x => (x /= 255) <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	const behind = e => {
		const colour = getComputedStyle(e).backgroundColor;
		return colour !== 'rgba(0, 0, 0, 0)' || !e.parentElement ? colour : behind(e.parentElement);
	};
	const contrast = e => {
		const style = getComputedStyle(e);
		const [x, y] = [luminance(e.closest('svg') ? style.fill : style.color), luminance(behind(e))].sort((a, b) => b - a);
		return (x + 0.05) / (y + 0.05);
	};
	const texts = [...document.querySelectorAll('body *')].filter(e => e.checkVisibility() && !e.closest('title')
		&& [...e.childNodes].some(n => n.nodeType === Node.TEXT_NODE && n.textContent.trim()));
	return {
		page: luminance(getComputedStyle(document.body).backgroundColor), width: document.documentElement.scrollWidth,
		faint: texts.map(e => [contrast(e), e]).filter(([c]) => c < 4.5).map(([c, e]) => c.toFixed(2) + ' ' + e.tagName + ' ' + e.textContent),
	};
})()`

// manyCosines makes the matrices as wide as eight adapters make them, with cells of every colour.
func manyCosines(data *report.Report) *report.Report {
	const n = 8
	data.Baselines, data.Relation.Pairs = nil, nil
	for i := range n {
		name := fmt.Sprint("adapter-", i)
		if i >= len(data.Adapters) {
			data.Adapters = append(data.Adapters, reportpage.Adapter{Name: name, Share: reportpage.Undefined(), Alignment: reportpage.Undefined(), Strength: reportpage.Undefined(), Fate: reportpage.Lost})
			data.Relation.Adapters = append(data.Relation.Adapters, &relate.Adapter{Name: name, Path: name})
		}
		for j := range i {
			part := reportpage.Ratio(i*(i-1)/2+j) / (n*(n-1)/2 - 1)
			share := relate.Figure{Value: part, Unrelated: 0.5}
			data.Relation.Pairs = append(data.Relation.Pairs, &relate.Pair{X: data.Relation.Adapters[j].Name, Y: data.Relation.Adapters[i].Name,
				Cosine: relate.Figure{Value: 2*part - 1, Unrelated: 0.1}, OverlapA: share, OverlapB: share, OppositeSign: share})
		}
	}
	for i := range data.Modules {
		m := &data.Modules[i]
		m.Shares = slices.Repeat([]reportpage.Ratio{reportpage.Undefined()}, n)
	}
	return data
}

// TestReportOfHostile: whatever the names in recipe and files, they run no script and
// fetch nothing.
func TestReportOfHostile(t *testing.T) {
	b := openBrowser(t)
	_, data := reported(t)
	text, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	var values any
	if err := json.Unmarshal(text, &values); err != nil {
		t.Fatal(err)
	}
	if text, err = json.Marshal(spoilt(values)); err != nil {
		t.Fatal(err)
	}
	hostile := new(report.Report)
	if err := json.Unmarshal(text, hostile); err != nil {
		t.Fatal(err)
	}
	page := drawn(t, hostile)
	b.open(t, "file://"+page)
	var ran bool
	b.evaluate(t, `'ran' in window || document.querySelector('img, iframe, link, a, main script') !== null`, &ran)
	if ran {
		t.Error("a name became a part of the page")
	}
	if want := (&url.URL{Scheme: "file", Path: page}).String(); !slices.Equal(b.fetched, []string{want}) {
		t.Errorf("the page fetched %q", b.fetched)
	}
	if len(b.said) > 0 {
		t.Errorf("the browser complains: %q", b.said)
	}
	var title string
	b.evaluate(t, `document.querySelector('h1').textContent`, &title)
	if title != printable.Line(hostile.Title) {
		t.Errorf("the title is shown as %q", title)
	}
}

// spoil breaks out of attributes, of elements, of styles and of the script, if it can.
const spoil = `"'></title></style></script></svg><script>ran=1</script><img src=http://127.0.0.1:9/x onerror=ran=1><link rel=stylesheet href=//127.0.0.1:9/y>{{.}}` + "\u202e`${ran=1}`"

// spoilt adds to every text of a JSON value.
func spoilt(value any) any {
	switch value := value.(type) {
	case string:
		return value + spoil
	case []any:
		for i := range value {
			value[i] = spoilt(value[i])
		}
	case map[string]any:
		for name := range value {
			value[name] = spoilt(value[name])
		}
	}
	return value
}

// drawn writes a page.
func drawn(t testing.TB, data *report.Report) string {
	t.Helper()
	page := filepath.Join(t.TempDir(), "page.html")
	if _, err := writePage([]*report.Report{data}, page, overwrite.Rule{}); err != nil {
		t.Fatal(err)
	}
	return page
}

//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/reportpage"
	"github.com/loramerge/loramerge/merge/report"
)

const reportedRecipe = `version: 1
stages:
  python:   {load: adapters/python}
  sql:      {load: adapters/sql}
  deltas:   {delta: [python, sql]}
  trimmed:  {trim: deltas, density: 0.5}
  merged:   {average: trimmed}
  factored: {factor: merged, rank: 4}
  out:      {save: factored, to: out}
`

// TestReportInBrowser opens the page in a browser: what it shows are the numbers of
// --json.
func TestReportInBrowser(t *testing.T) {
	b := openBrowser(t)
	page, data := reported(t)
	b.open(t, "file://"+page)
	var shown shownPage
	b.evaluate(t, shownScript, &shown)

	shown.maps(t, "sign_conflict", data, func(m *reportpage.Module) reportpage.Ratio { return m.SignConflict })
	shown.maps(t, "cancelled", data, func(m *reportpage.Module) reportpage.Ratio { return m.Cancelled })
	shown.maps(t, "mean_cosine", data, func(m *reportpage.Module) reportpage.Ratio { return m.MeanCosine })
	shown.maps(t, "losses merged", data, func(m *reportpage.Module) reportpage.Ratio { return m.Losses[0].Error })
	for i, a := range data.Adapters {
		shown.maps(t, "shares "+a.Name, data, func(m *reportpage.Module) reportpage.Ratio { return m.Shares[i] })
		shown.maps(t, "kept "+a.Name, data, func(m *reportpage.Module) reportpage.Ratio { return m.Kept[i].Share })
	}
	shown.adapters(t, data.Adapters)
	shown.relation(t, data.Relation)
	shown.spectra(t, data.Modules)
}

// shownPage is what the browser made of a page.
type shownPage struct {
	Maps     map[string][]shownFigure // by figure, and the adapter if it is one's
	Adapters [][]shownFigure
	Matrices map[string][][]shownFigure // by figure
	Before   [][]shownFigure            // the adapters, as they were
	Spectra  []shownSpectrum
}

// shownFigure is a number for people, and exactly where the page has that too.
type shownFigure struct {
	Module      int
	Text, Value string
}

type shownSpectrum struct {
	Module int
	Top    string // the number at the axis' end
	Values string
	Points [][2]float64 // down from Top, of Height
	Height float64
	Row    []string // of the table below
}

const shownScript = `(() => {
	const figure = (e, text) => ({module: +(e.dataset.module ?? 0), text, value: e.dataset.value ?? ''});
	const rows = (table, cells) => [...table.tBodies[0].rows].map(r => [...r.querySelectorAll(cells)].map(c => figure(c, c.innerText)));
	const all = (selector, within = document) => [...within.querySelectorAll(selector)];
	const titled = mark => mark.querySelector('title').textContent.split(': ').at(-1);
	return {
		maps: Object.fromEntries(all('svg.marks[data-figure]:not(.lines)').map(svg =>
			[(svg.dataset.figure + ' ' + svg.dataset.adapter).trim(), all('.m', svg).map(m => figure(m, titled(m)))])),
		adapters: rows(document.querySelector('table[data-figure=fates]'), 'th, td'),
		before: rows(document.querySelector('table[data-figure=adapters]'), 'th, td'),
		matrices: Object.fromEntries(all('table.matrix').map(m => [m.dataset.figure, rows(m, 'td')])),
		spectra: all('svg.lines').flatMap(svg => all('.m', svg).map((line, i) => ({
			module: +line.dataset.module, values: line.dataset.value, top: svg.querySelector('text').textContent,
			points: [...line.points].map(p => [p.x, p.y]), height: svg.querySelector('.axis').getBBox().height,
			row: [...svg.closest('figure').querySelector('table').tBodies[0].rows[i].cells].slice(1).map(c => c.textContent),
		}))),
	};
})()`

// is requires a figure to be a number: exactly if it is given exactly, and rounded for people.
func (f shownFigure) is(t *testing.T, what string, want float64) {
	t.Helper()
	if !rounded(f.Text, want) {
		t.Errorf("%s: the page shows %q, --json %v", what, f.Text, want)
	}
	if f.Value == "" {
		return
	}
	if got, err := strconv.ParseFloat(f.Value, 64); err != nil || math.Float64bits(got) != math.Float64bits(want) {
		t.Errorf("%s: the page holds %q, --json %v", what, f.Value, want)
	}
}

// rounded reports whether a text is a number to as many digits as it has.
func rounded(text string, x float64) bool {
	if number, ok := strings.CutSuffix(text, " %"); ok {
		text, x = number, 100*x
	}
	got, err := strconv.ParseFloat(text, 64)
	mantissa, exponent, _ := strings.Cut(text, "e")
	_, decimals, _ := strings.Cut(mantissa, ".")
	power, _ := strconv.Atoi(exponent)
	unit := math.Pow10(power - len(decimals))
	return err == nil && math.Abs(got-x) <= unit*(0.5+1e-9)
}

func (s *shownPage) maps(t *testing.T, name string, data *report.Report, figure func(*reportpage.Module) reportpage.Ratio) {
	t.Helper()
	if got := len(s.Maps[name]); got != len(data.Modules) {
		t.Errorf("%s: %d cells for %d modules", name, got, len(data.Modules))
	}
	for _, shown := range s.Maps[name] {
		m := &data.Modules[shown.Module]
		shown.is(t, name+" of "+m.Name, float64(figure(m)))
	}
}

func (s *shownPage) adapters(t *testing.T, adapters []reportpage.Adapter) {
	t.Helper()
	if len(s.Adapters) != len(adapters) {
		t.Fatalf("%d rows for %d adapters", len(s.Adapters), len(adapters))
	}
	for i, a := range adapters {
		row := s.Adapters[i]
		if row[0].Text != a.Name || row[1].Text != string(a.Fate) {
			t.Errorf("adapter %d is shown as %q, %q", i, row[0].Text, row[1].Text)
		}
		for j, want := range []float64{a.Norm, float64(a.Alignment), float64(a.Strength), float64(a.KeptByCut), float64(a.Conflict), float64(a.Modules)} {
			row[2+j].is(t, fmt.Sprintf("%s, column %d", a.Name, 2+j), want)
		}
	}
}

// spectra compares lines, their points in the picture, and their rows in the table.
func (s *shownPage) spectra(t *testing.T, modules []reportpage.Module) {
	t.Helper()
	if len(s.Spectra) != len(modules) {
		t.Fatalf("%d spectra for %d modules", len(s.Spectra), len(modules))
	}
	for _, line := range s.Spectra {
		m := &modules[line.Module]
		values := strings.Fields(line.Values)
		if len(values) != len(m.Spectrum) || len(line.Points) != len(m.Spectrum) || len(line.Row) != len(m.Spectrum) {
			t.Fatalf("%s: %d values, %d points, %d cells for %d singular values", m.Name, len(values), len(line.Points), len(line.Row), len(m.Spectrum))
		}
		top, err := strconv.ParseFloat(line.Top, 64)
		if err != nil {
			t.Fatal(err)
		}
		for k, want := range m.Spectrum {
			what := fmt.Sprintf("σ%d of %s", k+1, m.Name)
			shownFigure{Text: line.Row[k], Value: values[k]}.is(t, what, want)
			const drawn = 0.1 // of the picture's units; top itself is rounded to 4 digits
			if got := line.Height - line.Points[k][1]; math.Abs(got-line.Height*want/top) > drawn {
				t.Errorf("%s is drawn %v high, of %v that are %v", what, got, line.Height, top)
			}
		}
	}
}

// reported is the page of a merge of two examples, and what --json says of it.
func reported(t testing.TB) (page string, data *report.Report) {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "adapters"), os.DirFS(filepath.Join("..", "..", "testdata", "adapters"))); err != nil {
		t.Fatal(err)
	}
	return reportOf(t, dir, reportedRecipe)
}

// reportOf runs a recipe that saves to out in a folder, and reports on it.
func reportOf(t testing.TB, dir, text string) (page string, data *report.Report) {
	t.Helper()
	recipe, out, page := filepath.Join(dir, "recipe.yaml"), filepath.Join(dir, "out"), filepath.Join(dir, "page.html")
	if err := os.WriteFile(recipe, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("LORAMERGE_CACHE", filepath.Join(dir, "cache"))
	loramerge(t, "run", recipe)
	loramerge(t, "report", out, "-o", page)
	data = new(report.Report)
	if err := json.Unmarshal(loramerge(t, "report", "--json", out), data); err != nil {
		t.Fatal(err)
	}
	return page, data
}

// loramerge runs a command in this process and gives its stdout.
func loramerge(t testing.TB, args ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	root := rootCommand(&ui{out: &results{to: &out}, err: io.Discard, sources: map[string][]string{}, user: new(userFile)})
	root.SetArgs(args)
	if err := root.ExecuteContext(t.Context()); err != nil {
		t.Fatalf("loramerge %s: %v", strings.Join(args, " "), err)
	}
	return out.Bytes()
}

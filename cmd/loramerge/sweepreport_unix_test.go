//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// sweptJSON is what the test reads of a sweep's --json.
type sweptJSON struct {
	Defaults map[string]string
	Stood    *trialJSON
	Trials   []*trialJSON
	Answer   struct {
		Goals []struct {
			Goal   string
			Turned bool
		}
		Verdicts []struct {
			Trial int
			Goals []struct {
				Difference struct {
					Value  float64
					Bounds struct{ Lower, Upper float64 }
				}
			}
		}
		Remarks []string
		Text    string
	}
}

type trialJSON struct {
	Trial int
	Set   map[string]string
	Goals []float64
}

// sweptPage is a sweep's page as a browser shows it.
type sweptPage struct {
	Verdict, Notes []string
	Plots          []struct {
		X, Y   string
		Points []struct {
			Trial           int
			X, Y            string
			CX, CY          float64
			Title           string
			Chosen          bool
			Across, Upright bool
		}
	}
	Differences []struct {
		Goal string
		Zero float64
		Rows []struct {
			Merge, Value    string
			CX, Left, Right float64
			Title           string
		}
	}
}

const sweptPageScript = `(() => {
	const all = (selector, within = document) => [...within.querySelectorAll(selector)];
	const texts = selector => all(selector).map(e => e.textContent);
	const number = (e, name) => +e.getAttribute(name);
	const ends = (path, axis) => [...path.getAttribute('d').matchAll(/-?[0-9.]+/g)].map(m => +m[0]);
	return {
		verdict: texts('.verdict'), notes: texts('.notes li'),
		plots: all('svg[data-figure=plot]').map(svg => ({x: svg.dataset.x, y: svg.dataset.y, points: all('.m', svg).map(m => ({
			trial: +m.dataset.trial, x: m.dataset.x, y: m.dataset.y, cx: number(m.querySelector('circle'), 'cx'), cy: number(m.querySelector('circle'), 'cy'),
			title: m.querySelector('title').textContent, chosen: m.classList.contains('chosen'),
			across: all('.reach', m).some(p => p.getAttribute('d').includes('H')), upright: all('.reach', m).some(p => p.getAttribute('d').includes('V'))}))})),
		differences: all('svg[data-figure=difference]').map(svg => ({goal: svg.dataset.goal, zero: ends(svg.querySelector('.axis'))[0], rows: all('.m', svg).map(m => ({
			merge: m.dataset.merge, value: m.dataset.value, title: m.querySelector('title').textContent, cx: number(m.querySelector('circle'), 'cx'),
			left: ends(m.querySelector('.reach'))[0], right: ends(m.querySelector('.reach'))[2]}))})),
	};
})()`

// TestSweepReportInBrowser: the pictures show the numbers of --json, where they belong, and arrow keys
// walk over them.
func TestSweepReportInBrowser(t *testing.T) {
	b := openBrowser(t)
	s := newSweeping(t, 2, "max-trials: 8")
	recipe := filepath.Join(s.dir, "merge.yaml")
	text := strings.Replace(string(readIfThere(recipe)), "goal: {recovered: worst}", "goal: [{recovered: worst}, {task: sql}, {task: python}]", 1)
	if err := os.WriteFile(recipe, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace([]byte(s.table(t, "--json", "--report", "page.html"))), []byte("\n"))
	var last struct{ Result sweptJSON }
	if err := json.Unmarshal(lines[len(lines)-1], &last); err != nil {
		t.Fatal(err)
	}
	b.open(t, "file://"+filepath.Join(s.dir, "page.html"))
	var page sweptPage
	b.evaluate(t, sweptPageScript, &page)
	r := &last.Result
	if len(page.Verdict) != 1 || page.Verdict[0] != r.Answer.Text || len(page.Notes) != len(r.Answer.Remarks) {
		t.Errorf("it says %q and %q, --json %q and %q", page.Verdict, page.Notes, r.Answer.Text, r.Answer.Remarks)
	}
	page.plots(t, r)
	page.differences(t, r)
	if len(b.fetched) != 1 || len(b.said) > 0 {
		t.Errorf("it fetched %v and said %v", b.fetched, b.said)
	}

	var titles []string
	b.evaluate(t, `(() => { const svg = document.querySelector('svg[data-x=size]'); svg.querySelector('.m').focus();
		return [...svg.querySelectorAll('.m title')].map(e => e.textContent) })()`, &titles)
	var read string
	for _, step := range []struct {
		key string
		at  int
	}{{"ArrowRight", 1}, {"ArrowRight", 2}, {"ArrowLeft", 1}, {"End", len(titles) - 1}, {"Home", 0}} {
		b.press(t, step.key)
		if b.evaluate(t, `document.querySelector('svg[data-x=size]').closest('figure').querySelector('output').textContent`, &read); read != titles[step.at] {
			t.Errorf("after %s it reads out %q, not %q", step.key, read, titles[step.at])
		}
	}
}

// plots: of each goal against each axis, with a point for each trial that has the axis, and of the front.
func (p *sweptPage) plots(t *testing.T, r *sweptJSON) {
	t.Helper()
	fronts := len(r.Answer.Goals) - 1
	if want := fronts + 3*len(r.Answer.Goals); len(p.Plots) != want {
		t.Fatalf("%d plots, want %d", len(p.Plots), want)
	}
	words := map[string]float64{"by-sum": 0, "by-ties": 1}
	for i, plot := range p.Plots[fronts:] {
		axis, goal := plot.X, i/3
		want := make(map[int]bool)
		for _, trial := range append([]*trialJSON{r.Stood}, r.Trials...) {
			if _, active := trial.Set[axis]; active || trial.Trial == 0 && axis != "density" {
				want[trial.Trial] = true
			}
		}
		if len(plot.Points) != len(want) {
			t.Errorf("%s by %s has %d points, want %d", plot.Y, axis, len(plot.Points), len(want))
		}
		for _, q := range plot.Points {
			set, y := r.Defaults[axis], r.Stood.Goals[goal]
			if q.Trial > 0 {
				set, y = r.Trials[q.Trial-1].Set[axis], r.Trials[q.Trial-1].Goals[goal]
			}
			x, err := strconv.ParseFloat(set, 64)
			if err != nil {
				x = words[set]
			}
			if r.Answer.Goals[goal].Turned {
				y = -y
			}
			if !want[q.Trial] || plot.Y != r.Answer.Goals[goal].Goal || q.X != exactly(x) || !closely(q.Y, y) {
				t.Errorf("%s by %s: trial %d is at %s, %s, and --json has %v, %v", plot.Y, axis, q.Trial, q.X, q.Y, x, y)
			}
			if !strings.Contains(q.Title, axis+"="+set) {
				t.Errorf("trial %d with %s=%s is called %q", q.Trial, axis, set, q.Title)
			}
			for _, other := range plot.Points {
				ox, oy := parsed(t, other.X), parsed(t, other.Y)
				if x < ox && q.CX > other.CX || parsed(t, q.Y) < oy && q.CY < other.CY {
					t.Errorf("%s by %s: trial %d is drawn on the wrong side of trial %d", plot.Y, axis, q.Trial, other.Trial)
				}
			}
		}
	}
	for _, plot := range p.Plots[:fronts] {
		if len(plot.Points) != 1+len(r.Answer.Verdicts) {
			t.Errorf("the front has %d points, for %d verdicts", len(plot.Points), len(r.Answer.Verdicts))
		}
		for _, q := range plot.Points {
			if bounded := q.Trial > 0; q.Across != bounded || q.Upright != bounded || q.Chosen == bounded {
				t.Errorf("trial %d: %+v", q.Trial, q)
			}
		}
	}
}

// differences: dots and their intervals lie on one scale with the line at 0.
func (p *sweptPage) differences(t *testing.T, r *sweptJSON) {
	t.Helper()
	if len(p.Differences) != len(r.Answer.Goals) {
		t.Fatalf("%d pictures of differences", len(p.Differences))
	}
	for i, picture := range p.Differences {
		if len(picture.Rows) != len(r.Answer.Verdicts) || len(picture.Rows) == 0 {
			t.Fatalf("%s: %d rows for %d verdicts", picture.Goal, len(picture.Rows), len(r.Answer.Verdicts))
		}
		first := r.Answer.Verdicts[0].Goals[i].Difference
		scale := (picture.Rows[0].Right - picture.Rows[0].Left) / (first.Bounds.Upper - first.Bounds.Lower) // pixels
		for k, row := range picture.Rows {
			v := r.Answer.Verdicts[k]
			d := v.Goals[i].Difference
			if row.Merge != fmt.Sprintf("trial %d", v.Trial) || row.Value != exactly(d.Value) {
				t.Errorf("%s: %+v, and --json has trial %d at %v", picture.Goal, row, v.Trial, d.Value)
			}
			for at, want := range map[float64]float64{row.CX: d.Value, row.Left: d.Bounds.Lower, row.Right: d.Bounds.Upper} {
				if math.Abs(at-(picture.Zero+scale*want)) > 1 {
					t.Errorf("%s of trial %d: %v is drawn at %v, where 0 is at %v", picture.Goal, v.Trial, want, at, picture.Zero)
				}
			}
		}
	}
}

func exactly(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// closely reports whether a text is a number but for the rounding of a sum.
func closely(text string, want float64) bool {
	x, err := strconv.ParseFloat(text, 64)
	return err == nil && math.Abs(x-want) <= 1e-12*math.Abs(want)
}

func parsed(t *testing.T, text string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

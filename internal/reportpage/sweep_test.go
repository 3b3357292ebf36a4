package reportpage_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/reportpage"
)

func sweptPage(t *testing.T, s *reportpage.Sweep) string {
	t.Helper()
	var b strings.Builder
	if err := reportpage.WriteSweep(&b, s); err != nil {
		t.Fatal(err)
	}
	if !reportpage.Known([]byte(b.String())) {
		t.Error("the page is not known as loramerge's")
	}
	return b.String()
}

// TestSweepPlot: points lie where their numbers are, on a logarithmic scale too, and words side by side;
// a trial without a number is not drawn.
func TestSweepPlot(t *testing.T) {
	none := reportpage.Undefined()
	at := func(x, y reportpage.Ratio) reportpage.Point {
		return reportpage.Point{X: x, Y: y, Left: none, Right: none, Lower: none, Upper: none}
	}
	for name, c := range map[string]struct {
		scale  reportpage.Scale
		points []reportpage.Point
		want   string
	}{
		"linear":      {reportpage.Scale{Name: "x"}, []reportpage.Point{at(1, 0), at(2, 1), at(3, 0.5), at(none, 1), at(1, none)}, "68,174 195,20 322,97"},
		"logarithmic": {reportpage.Scale{Name: "x", Log: true}, []reportpage.Point{at(0.01, 0), at(0.1, 1), at(1, 0)}, "68,174 195,20 322,174"},
		"words":       {reportpage.Scale{Name: "x", Words: []string{"a", "b"}}, []reportpage.Point{at(0, 0), at(1, 1)}, "131.5,174 258.5,20"},
		"one":         {reportpage.Scale{Name: "x"}, []reportpage.Point{at(5, 5)}, "195,97"},
	} {
		page := sweptPage(t, &reportpage.Sweep{Plots: []reportpage.Plot{{X: c.scale, Points: c.points}}})
		var got []string
		for _, found := range regexp.MustCompile(`<circle cx="([0-9.]+)" cy="([0-9.]+)"`).FindAllStringSubmatch(page, -1) {
			got = append(got, found[1]+","+found[2])
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%s: %s, want %s", name, text, c.want)
		}
		well(t, strings.Replace(page, "<script>", "<script><![CDATA[", 1)[:strings.Index(page, "</main>")]+"</main></body></html>")
	}
}

// TestSweepOfStrangers: others' names are shown and nothing else.
func TestSweepOfStrangers(t *testing.T) {
	const name = `<script>alert(1)</script>"'` + "\x1b[2J\u202e"
	point := reportpage.Point{Name: name}
	page := sweptPage(t, &reportpage.Sweep{Version: name, Title: name, Verdict: []string{name}, Notes: []string{name},
		Differences: []reportpage.Axis{{Task: name, Unit: name, Text: name, Dots: []reportpage.Dot{{Merge: name}}}},
		Plots:       []reportpage.Plot{{Title: name, Text: name, X: reportpage.Scale{Name: name, Words: []string{name}}, Y: reportpage.Scale{Name: name}, Points: []reportpage.Point{point}}},
		Fronts:      []reportpage.Plot{{Title: name, Points: []reportpage.Point{point}}},
		Tables:      []reportpage.Table{{Title: name, Heading: []string{name}, Rows: [][]string{{name}}}}})
	if strings.Count(page, "<script") != 1 || strings.ContainsAny(page, "\x1b\u202e") {
		t.Errorf("%s", page)
	}
}

package reportpage_test

import (
	"encoding/xml"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/reportpage"
)

// drawn is a comparison's page.
func drawn(t *testing.T, c *reportpage.Comparison) string {
	t.Helper()
	var b strings.Builder
	if err := reportpage.WriteComparison(&b, c); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestComparison: axes of one unit have one scale, on which dots, bounds and marks lie where their
// numbers are.
func TestComparison(t *testing.T) {
	none := reportpage.Undefined()
	page := drawn(t, &reportpage.Comparison{Version: "1", Axes: []reportpage.Axis{
		{Task: "a", Unit: "share", Marks: []reportpage.Mark{{Name: "base", At: 0}, {Name: "expert", At: 1}}, Dots: []reportpage.Dot{{Merge: "x", Value: 0.5, Lower: 0.25, Upper: 0.75}}},
		{Task: "b", Unit: "share", Dots: []reportpage.Dot{{Merge: "x", Value: 0.25, Lower: none, Upper: none}}},
		{Task: "c", Unit: "c", Dots: []reportpage.Dot{{Merge: "x", Value: 7, Lower: none, Upper: none}}},
	}})
	number := func(pattern string) []float64 {
		var out []float64
		for _, found := range regexp.MustCompile(pattern).FindAllStringSubmatch(page, -1) {
			for _, text := range found[1:] {
				x, err := strconv.ParseFloat(text, 64)
				if err != nil {
					t.Fatal(err)
				}
				out = append(out, x)
			}
		}
		return out
	}
	marks, dots, reach := number(`class="axis" d="M([0-9.]+) `), number(`<circle cx="([0-9.]+)"`), number(`class="reach" d="M([0-9.]+) [0-9.]+H([0-9.]+)"`)
	if len(marks) != 2 || len(dots) != 3 || len(reach) != 2 {
		t.Fatalf("%v, %v, %v of\n%s", marks, dots, reach, page)
	}
	at := func(share float64) float64 { return marks[0] + share*(marks[1]-marks[0]) }
	for i, want := range []float64{at(0.5), at(0.25)} {
		if d := dots[i] - want; d > 0.1 || d < -0.1 {
			t.Errorf("dot %d at %g, want %g", i, dots[i], want)
		}
	}
	for i, want := range []float64{at(0.25), at(0.75)} {
		if d := reach[i] - want; d > 0.1 || d < -0.1 {
			t.Errorf("bound %d at %g, want %g", i, reach[i], want)
		}
	}
	if !reportpage.Known([]byte(page)) {
		t.Error("the page is not known as loramerge's")
	}
	well(t, page)
}

// well requires tags that match, as XML does, apart from <meta>, which HTML does not close.
func well(t *testing.T, page string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(regexp.MustCompile("<(meta [^>]*)>").ReplaceAllString(page, "<$1/>")))
	d.Entity = xml.HTMLEntity
	for {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("%v of\n%s", err, page)
		}
	}
}

// TestComparisonOfStrangers: names are shown and nothing else, and long ones by their ends.
func TestComparisonOfStrangers(t *testing.T) {
	const name = `<script>alert(1)</script>"'` + "\x1b[2J\u202e"
	page := drawn(t, &reportpage.Comparison{Version: name, Notes: []string{name},
		Axes:   []reportpage.Axis{{Task: name, Unit: name, Text: name, Marks: []reportpage.Mark{{Name: name}}, Dots: []reportpage.Dot{{Merge: strings.Repeat("long/", 20) + name}}}},
		Tables: []reportpage.Table{{Title: name, Heading: []string{name}, Rows: [][]string{{name, name}}}}})
	if strings.Contains(page, "<script") || strings.ContainsAny(page, "\x1b\u202e") {
		t.Errorf("%s", page)
	}
	if !strings.Contains(page, `class="end"><text x="190" y="37">…`) {
		t.Errorf("a long name in the picture: %s", page)
	}
	well(t, page)
}

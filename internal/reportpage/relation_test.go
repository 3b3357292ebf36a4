package reportpage_test

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/reportpage"
)

// TestRelation: figures are drawn by how they differ from those of unrelated adapters, code is code,
// what is hostile is escaped, and the page is well formed.
func TestRelation(t *testing.T) {
	none := reportpage.Undefined()
	var b strings.Builder
	err := reportpage.WriteRelation(&b, &reportpage.Relation{Version: "1", Title: "2 <adapters>", Findings: []string{"write `a: {b: <c>}` there"}, Sections: []reportpage.Part{
		{Title: "Cosines", Matrix: &reportpage.Matrix{Figure: "cosine", Names: []string{"x", "y"}, Signed: true,
			Values: [][]reportpage.Ratio{{1, -0.5}, {-0.5, 1}}, Unrelated: [][]reportpage.Ratio{{none, 0.01}, {0.01, none}}}},
		{Title: "Overlaps", Text: "a text", Matrix: &reportpage.Matrix{Figure: "overlap_a", Names: []string{"x", "y"},
			Values: [][]reportpage.Ratio{{1, 0.625}, {0.25, none}}, Unrelated: [][]reportpage.Ratio{{none, 0.25}, {0.25, 0.25}}}},
		{Title: "Signs", Matrix: &reportpage.Matrix{Figure: "signs_opposite", Names: []string{"x", "y"}, Less: true,
			Values: [][]reportpage.Ratio{{0, 0.75}, {0.25, 0}}, Unrelated: [][]reportpage.Ratio{{0.5, 0.5}, {0.5, 0.5}}}},
		{Title: "Table", Heading: []string{"a", "b"}, Rows: [][]string{{"1", "2\x1b[2J"}}, Items: []string{"an item"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, want := range []string{
		`<h1>2 &lt;adapters&gt;</h1>`, `<li>write <code>a: {b: &lt;c&gt;}</code> there</li>`, `<th scope="row">1</th><td>2` + "\ufffd[2J</td>", `<li>an item</li>`,
		`<td class="neg" style="--v:50%" data-value="-0.5" title="x and y: -0.500">`,
		`<td class="pos" style="--v:50%" data-value="0.625"`, `<td class="pos" style="--v:0%" data-value="0.25"`, `<td class="none" style="--v:0%" data-value=""`,
		`<td class="neg" style="--v:50%" data-value="0.75"`, `<td class="pos" style="--v:50%" data-value="0.25"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in\n%s", want, page)
		}
	}
	if !reportpage.Known([]byte(page)) {
		t.Error("the page is not known")
	}
	_, body, _ := strings.Cut(page, "<body>")
	body, _, _ = strings.Cut(body, "</body>")
	decoder := xml.NewDecoder(strings.NewReader("<body>" + body + "</body>"))
	decoder.Entity = xml.HTMLEntity
	for {
		_, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, page)
		}
	}
}

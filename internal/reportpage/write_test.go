package reportpage

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// made is the report of a merge of n adapters with the modules of a model of so many
// layers and seven kinds, its figures drawn from a fixed stream.
func made(n, layers int) *Data {
	r := rand.New(rand.NewPCG(1, 2))
	ratios := func() []Ratio {
		out := make([]Ratio, n)
		for i := range out {
			out[i] = Ratio(2*r.Float64() - 1)
		}
		return out
	}
	d := &Data{Title: "made", Output: "out/made", Stage: "out", Version: "devel", Losses: []Loss{{"factored", "factor", "truncation", 0.1}}}
	for i := range n {
		d.Adapters = append(d.Adapters, Adapter{Name: fmt.Sprintf("adapter-%d", i), Path: "adapters/x", Norm: 1, Share: 0.5, Alignment: 0.25, Strength: 0.5, KeptByCut: 0.9, Conflict: 0.5, Fate: Keeps})
		d.Graph.Nodes = append(d.Graph.Nodes, Node{Stage: d.Adapters[i].Name, Verb: "load", Adapters: 1})
		d.Graph.Edges = append(d.Graph.Edges, Edge{From: i, To: n})
	}
	d.Graph.Nodes = append(d.Graph.Nodes, Node{Stage: "merged", Verb: "ties", Adapters: 1})
	d.Before = &Relation{Lead: "They are made.", Sections: []Part{{Title: "Cosines", Matrix: new(Matrix)}}}
	for i, a := range d.Adapters {
		m := d.Before.Sections[0].Matrix
		m.Names, m.Values, m.Unrelated, m.Signed = append(m.Names, a.Name), append(m.Values, ratios()), append(m.Unrelated, ratios()), true
		m.Values[i][i] = 1
	}
	for layer := range layers {
		for _, kind := range []string{"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"} {
			m := Module{Name: fmt.Sprintf("model.layers.%d.%s", layer, kind), Layer: layer, Kind: kind, Out: 4096, In: 4096, Rank: 16,
				SignConflict: Ratio(r.Float64()), Cancelled: Ratio(r.Float64()), MeanCosine: Ratio(r.Float64()), Shares: ratios(), WithMerged: ratios(),
				Losses: []ModuleLoss{{"factored", "merged", Ratio(r.Float64())}}}
			for range n {
				m.Cosines = append(m.Cosines, ratios())
			}
			for _, a := range d.Adapters {
				m.Kept = append(m.Kept, Kept{"trimmed", a.Name, Ratio(r.Float64())})
			}
			for range m.Rank {
				m.Spectrum = append(m.Spectrum, r.Float64())
			}
			d.Modules = append(d.Modules, m)
		}
	}
	return d
}

func draw(t testing.TB, d *Data) string {
	t.Helper()
	var page bytes.Buffer
	if err := Write(&page, d); err != nil {
		t.Fatal(err)
	}
	return page.String()
}

// TestSize: eight adapters with 224 modules make a page below 2 MB.
func TestSize(t *testing.T) {
	if n := len(draw(t, made(8, 32))); n >= 2e6 {
		t.Errorf("%d bytes", n)
	}
}

// TestSelfContained: nothing on the page asks for another file, and the browser is
// told to fetch none and to run the page's own script alone.
func TestSelfContained(t *testing.T) {
	page := draw(t, made(2, 2))
	if found := regexp.MustCompile(`(?i)(src|href|url|@import|https?:)\s*[=(:/]`).FindString(page); found != "" {
		t.Errorf("the page holds %q", found)
	}
	_, after, _ := strings.Cut(page, "<script>")
	text, _, found := strings.Cut(after, "</script>")
	if !found || strings.Contains(after[len(text)+1:], "<script") {
		t.Fatal("the page should have one script")
	}
	sum := sha256.Sum256([]byte(text))
	want := "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	if !strings.Contains(html.UnescapeString(page), want) {
		t.Errorf("the page lacks the policy %s", want)
	}
}

// TestEscapes: names out of files stay text wherever they stand.
func TestEscapes(t *testing.T) {
	const hostile = `"'><img src=x onerror=alert(1)></script></style></svg>{{.}}`
	d := made(2, 2)
	d.Title, d.Output, d.Stage, d.Version, d.Base, d.Recipe, d.Notes = hostile, hostile, hostile, hostile, hostile, hostile, []string{hostile}
	for i := range d.Adapters {
		d.Adapters[i].Name, d.Adapters[i].Path = hostile, hostile
		d.Graph.Nodes[i] = Node{Stage: hostile, Verb: hostile, Params: hostile}
		d.Graph.Edges[i].Adapter = hostile
	}
	d.Before = &Relation{Lead: hostile, Findings: []string{hostile}, Facts: []string{hostile}, Sections: []Part{{Heading: []string{hostile, hostile}, Rows: [][]string{{hostile, hostile}}, Aside: true},
		{Title: hostile, Text: hostile, Matrix: &Matrix{Figure: hostile, Names: []string{hostile}, Values: [][]Ratio{{1}}, Unrelated: [][]Ratio{{0}}}}, {Title: hostile, Text: hostile, Items: []string{hostile}}}}
	d.Scores = []Table{{hostile, []string{hostile}, [][]string{{hostile, hostile}}}}
	d.Losses[0] = Loss{Stage: hostile, Verb: hostile, What: hostile}
	for i := range d.Modules {
		m := &d.Modules[i]
		m.Name, m.Kind = hostile, m.Kind+hostile
		m.Kept[0] = Kept{Stage: hostile, Adapter: hostile}
		m.Losses[0] = ModuleLoss{Stage: hostile, Adapter: hostile}
	}
	page := draw(t, d)
	plain := draw(t, made(2, 2))
	for _, tag := range []string{"<img", "</script", "</style", "onerror=alert(1)>"} {
		if got, want := strings.Count(page, tag), strings.Count(plain, tag); got != want {
			t.Errorf("%d times %q, expected %d", got, tag, want)
		}
	}
	if !strings.Contains(page, "&lt;img src=x") {
		t.Error("the names are not shown")
	}
}

// TestEmpty: an output of heads alone, with no adapters that compare, has a page too.
func TestEmpty(t *testing.T) {
	page := draw(t, &Data{Title: "heads", Graph: Graph{Nodes: []Node{{Stage: "a", Verb: "load"}}}})
	if !strings.Contains(page, "<h1>heads</h1>") || strings.Contains(page, "Singular spectra") {
		t.Error("expected a page without pictures of modules")
	}
}

// TestUndefined: a figure that is none is null in JSON, and its cell says so.
func TestUndefined(t *testing.T) {
	d := made(2, 1)
	d.Modules[0].Shares[1] = Undefined()
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	var again Data
	if err := json.Unmarshal(text, &again); err != nil {
		t.Fatal(err)
	}
	if got := again.Modules[0].Shares; got[1].Defined() || got[0] != d.Modules[0].Shares[0] {
		t.Errorf("%v came back as %v", d.Modules[0].Shares, got)
	}
	if page := draw(t, d); !strings.Contains(page, `class="m none"`) || !strings.Contains(page, "no figure") {
		t.Error("no cell is drawn and explained as undefined")
	}
}

func BenchmarkWrite(b *testing.B) {
	d := made(8, 32)
	for b.Loop() {
		draw(b, d)
	}
}

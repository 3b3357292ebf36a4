package merge_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/reportpage"
	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/merge/relate"
)

// TestRelatePage: the page shows the findings and every pair's figures, in both halves of a matrix.
func TestRelatePage(t *testing.T) {
	r, _ := relateFolders(t, relate.Options{}, plain(2, 20, safetensors.F32), plain(3, 3, safetensors.F32), plain(2, 2, safetensors.F32))
	page := r.Page("v1")
	if page.Title != "3 adapters of tiny" || len(page.Findings) != len(r.Findings) || len(r.Findings) == 0 {
		t.Errorf("%q, %q", page.Title, page.Findings)
	}
	matrices := make(map[string]*reportpage.Matrix)
	for _, s := range page.Sections {
		if s.Matrix != nil {
			matrices[s.Matrix.Figure] = s.Matrix
		}
	}
	for _, p := range r.Pairs {
		i, j := p.X[0]-'a', p.Y[0]-'a'
		for figure, want := range map[string]relate.Figure{"cosine": p.Cosine, "overlap_a": p.OverlapA, "overlap_b": p.OverlapB, "signs_opposite": p.OppositeSign} {
			m := matrices[figure]
			if m.Values[i][j] != want.Value || m.Values[j][i] != want.Value || m.Unrelated[i][j] != want.Unrelated {
				t.Errorf("%s of %s and %s is %v, want %v", figure, p.X, p.Y, m.Values[i][j], want)
			}
		}
	}
	var b strings.Builder
	if err := reportpage.WriteRelation(&b, page); err != nil || !strings.Contains(b.String(), "What <code>loramerge init</code> drafts") {
		t.Errorf("%v\n%s", err, b.String())
	}
}

// TestRelatePageBases: other base models are the first thing that a page says.
func TestRelatePageBases(t *testing.T) {
	r, err := relate.Of(t.Context(), own("broken/adapters/tiny", "broken/adapters/other-base"), relate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if page := r.Page("v1"); page.Title != "2 adapters" || !strings.HasPrefix(page.Findings[0], "Base: the adapters are of different base models: ") {
		t.Errorf("%q: %q", page.Title, page.Findings)
	}
}

// TestRelatePageObstacles: what stands in the way in several spaces is said once, with its remedy if it has one.
func TestRelatePageObstacles(t *testing.T) {
	bare, mended := relate.Obstacle{Text: "they are too large"}, relate.Obstacle{Text: "they are torn", Remedy: "mend them"}
	r := &relate.Relation{Adapters: []*relate.Adapter{{Name: "a"}}, Spaces: []relate.Space{{Space: "delta", Obstacles: []relate.Obstacle{bare}}, {Space: "core", Obstacles: []relate.Obstacle{bare, mended}}},
		Draft: relate.Draft{Refused: []relate.Obstacle{bare, mended}}}
	want := []string{"In the way in delta and core: they are too large.", "In the way in core: they are torn; mend them."}
	sections := r.Page("v1").Sections
	at := slices.IndexFunc(sections, func(p reportpage.Part) bool { return p.Title == "What can merge them" })
	if at < 0 || !slices.Equal(sections[at].Items, want) {
		t.Errorf("%+v, want %q", sections, want)
	}
}

// TestRelateInputs: a merge's page says first whether its adapters suited each other, in words that follow from
// the figures.
func TestRelateInputs(t *testing.T) {
	on := func(at ...int) []int { return at }
	tall := thin(1, 1, on(1), on(1))
	tall.tensors = append(tall.tensors, pair("layers.1.q_proj", safetensors.F32, side, side, 1)...)
	for name, c := range map[string]struct {
		folders []folder
		lead    string   // its beginning
		want    []string // of the findings and facts
	}{
		"fine": {[]folder{thin(2, 1, on(0), on(0)), thin(3, 1, on(1), on(1)).as("lora_alpha", 2)}, "Nothing speaks against a merge of these adapters",
			[]string{"The spaces factors, delta and core can all merge them as they are. Their ‖ΔW‖ is 2 each. The cosine of their ΔW is 0, where that of unrelated adapters is 0 ± 0.025."}},
		"scales": {[]folder{thin(2, 1, on(0), on(0)), thin(3, 1, on(1), on(1)), thin(2, 1, on(2), on(2))}, "Nothing speaks against",
			[]string{"As they are, the spaces delta and core can merge them; in the way elsewhere: different scales (factors). Their ‖ΔW‖ is between 2 (a) and 3 (b)."}},
		"sizes": {[]folder{thin(9, 1, on(0), on(0)), thin(1, 1, on(1), on(1))}, "These adapters suit each other, except for this:",
			[]string{"Size: the ‖ΔW‖ of a is 9 times that of b, and little is left of b in a plain sum"}},
		"modules": {[]folder{thin(1, 1, on(0), on(0)), tall}, "These adapters suit each other, except for this:",
			[]string{"Modules: 1 of 2 modules are in all adapters; the others are listed below.", "As they are, no space can merge them, so that the recipe must take steps before: missing modules (factors, delta and core)."}},
		"unlike": {[]folder{thin(1, 1, on(0), on(0)), plain(2, 2, safetensors.F32)}, "These adapters", []string{"Modules: 0 of 7 modules are in all adapters", "no common modules"}},
	} {
		r, _ := relateFolders(t, relate.Options{}, c.folders...)
		page := r.Inputs()
		text := strings.Join(append(slices.Clone(page.Findings), page.Facts...), "\n")
		if !strings.HasPrefix(page.Lead, c.lead) {
			t.Errorf("%s: %q, want %q", name, page.Lead, c.lead)
		}
		for _, want := range c.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q in\n%s", name, want, text)
			}
		}
	}
}

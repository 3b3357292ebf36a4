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

package merge_test

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/merge/relate"
	"github.com/loramerge/loramerge/merge/report"
)

// TestReportRelation: the adapters are those of the recipe, by the names and with the parameters by which it loads
// them, over all modules that they have; and what would help names no stages of a draft.
func TestReportRelation(t *testing.T) {
	dir := t.TempDir()
	for name, f := range map[string]folder{"large": plain(2, 40, safetensors.F32), "small": plain(2, 2, safetensors.F32)} {
		f.config["base_model_name_or_path"], f.config["task_type"] = name, strings.ToUpper(name)
		f.write(t, filepath.Join(dir, name))
		writeFile(t, filepath.Join(dir, name, "tokenizer.json"), []byte(name))
	}
	load := "rename: {model.: other.}"
	_, data := reportIn(t, dir, `base: large
stages:
  back:   {load: {x: large}, `+load+`}
  merged: {load: {y: small}, `+load+`}
  some:   {select: [back, merged], include: "*.q_proj"}
  deltas: {delta: some}
  m:      {sum: deltas, norm: inputs}
  f:      {factor: m, rank: 4}
  out:    {save: f, to: out}
`)
	r := data.Relation
	if len(r.Adapters) != 2 || r.Adapters[0].Name != "x" || r.Adapters[1].Name != "y" || r.Adapters[1].Path != "small" || r.Adapters[0].Pairs != 6 || data.Adapters[0].Modules != 2 {
		t.Fatalf("%+v, %+v; and %d modules of one are merged", r.Adapters[0], r.Adapters[1], data.Adapters[0].Modules)
	}
	for _, s := range r.Spaces {
		if s.Merges != (s.Space != "factors") || !s.Merges && (len(s.Obstacles) != 1 || s.Obstacles[0].Page != "different-scales") {
			t.Errorf("%+v", s)
		}
	}
	norms := make([]float64, 2)
	for i, folder := range []string{"large", "small"} {
		for _, m := range openAdapter(t, filepath.Join(dir, folder)).Modules {
			delta := weightsOf(t, filepath.Join(dir, folder), m.Name).delta()
			norms[i] += inner(delta, delta)
		}
		if want := math.Sqrt(norms[i]); math.Abs(r.Adapters[i].Norm-want) > 1e-6*want {
			t.Errorf("%s has the norm %v, not %v", folder, r.Adapters[i].Norm, want)
		}
	}
	said := make(map[string]relate.Finding)
	for _, f := range r.Findings {
		said[f.About] = f
	}
	if _, files := said[relate.Files]; files || !strings.HasPrefix(said[relate.Size].Remedy, "a `weigh` before the merge gives all one size") || said[relate.Task].Text == "" {
		t.Errorf("%+v", r.Findings)
	}
}

// reportIn runs a recipe in a folder and reports on what it saved to out.
func reportIn(t *testing.T, dir, text string) (string, *report.Report) {
	t.Helper()
	recipe := filepath.Join(dir, "recipe.yaml")
	if err := os.WriteFile(recipe, []byte("version: 1\n"+text), 0o644); err != nil {
		t.Fatal(err)
	}
	runRecipe(t, recipe)
	return dir, reportOn(t, dir)
}

// TestReportWrites: what two reports have in common is on their page once.
func TestReportWrites(t *testing.T) {
	dir := t.TempDir()
	plain(2, 2, safetensors.F32).write(t, filepath.Join(dir, "a"))
	plain(2, 3, safetensors.F32).write(t, filepath.Join(dir, "b"))
	_, data := reportIn(t, dir, "stages:\n  in: {load: {a: a, b: b}}\n  m: {svd: in, rank: 4}\n  out: {save: m, to: out}\n")
	again := *data
	again.Relation = &relate.Relation{Adapters: data.Relation.Adapters, Pairs: data.Relation.Pairs, Draft: relate.Draft{Refused: []relate.Obstacle{{Text: "they differ"}}}}
	other := *data.Relation
	for name, c := range map[string]struct {
		second *relate.Relation
		want   int
	}{"the same": {&other, 1}, "another": {again.Relation, 2}, "none": {nil, 1}} {
		second := *data
		second.Relation = c.second
		var page strings.Builder
		if err := report.Write(&page, data, &second); err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(page.String(), "<h2>The adapters before the merge</h2>"); got != c.want {
			t.Errorf("%s: %d times, not %d", name, got, c.want)
		}
	}
}

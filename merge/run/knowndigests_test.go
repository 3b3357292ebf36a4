package run

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

const knownRecipe = `version: 1
seed: 7
stages:
  both:    {load: {python: python, sql: sql}}
  trimmed: {trim: both, density: 0.5}
  merged:  {average: trimmed, weights: {python: 2, sql: 1}}
  drop:    {dare-drop: both.python, density: 0.5}
  delta:   {delta: both}
  total:   {sum: delta}
  factors: {factor: total, rank: 4}
  out:     {save: merged, to: out}
  other:   {save: factors, to: other}
`

// TestKnownDigests: digests are made of exactly what doc.go says. The cache and every lock
// hang on them, so a change of one is a decision: raise DigestVersion, or the version of the
// verb whose results have changed. What is wanted is computed by
// testdata/digests/digests.py, which shares no code with this program and prints digests.txt.
func TestKnownDigests(t *testing.T) {
	p := knownPlan(t, knownRecipe)
	inputs, err := p.Inputs(t.Context(), plan.FreshHashes{}, 2)
	if err != nil {
		t.Fatal(err)
	}
	digests := p.Digests(inputs)
	got := map[string]digest.Digest{"output": digests.Outputs["out"]}
	for _, d := range digests.Stages {
		got[d.Stage] = d.Digest
	}
	got["saved"], got["total"] = got["out"], total(t, digests)
	r := begin(p, Options{}.Filled())
	at := r.computation(recipe.Site{Module: "model.layers.0.self_attn.q_proj", Depth: 0, HasDepth: true})
	for _, n := range r.graph.nodes {
		if n.ID == "trimmed" || n.ID == "merged" {
			if got[n.ID+"_here"], err = at.digestOf(context.Background(), n); err != nil {
				t.Fatal(err)
			}
		}
	}
	p = knownPlan(t, string(p.Recipe.Leading("out").Canonical()))
	if inputs, err = p.Inputs(t.Context(), plan.FreshHashes{}, 2); err != nil {
		t.Fatal(err)
	}
	got["plan"] = p.Digests(inputs).Plan
	want, err := os.ReadFile("../../testdata/digests/digests.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(want)) {
		what, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		if got[what].Hex() != name {
			t.Errorf("%s has the digest %s, want %s", what, got[what].Hex(), name)
		}
	}
}

// total is the name of a sum of deltas, of a class of matrix kernels that is nobody's.
func total(t *testing.T, digests plan.Digests) digest.Digest {
	t.Helper()
	d, ok := digests.Find("total")
	if !ok || d.Kernels == "" {
		t.Fatalf("%+v depends on no class of kernels", d)
	}
	elsewhere := *d
	elsewhere.Kernels = "KERNELS"
	return elsewhere.Hash()
}

func knownPlan(t *testing.T, text string) *plan.Plan {
	t.Helper()
	parsed, err := recipe.Parse("recipe.yaml", []byte(text), stages.Verbs())
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.New(parsed, "../../testdata/adapters", plan.Options{})
	t.Cleanup(func() { p.Close() })
	if err != nil {
		t.Fatal(err)
	}
	return p
}

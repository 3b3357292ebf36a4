package merge

import (
	"context"
	"os"
	"strings"
	"testing"

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

// TestKnownNames: names are made of what doc.go says, bit for bit. The cache and every lock
// hang on them, so a change of one is a decision: raise DigestVersion, or the version of the
// verb whose results have changed. What is wanted is computed by
// testdata/digests/names.py, which shares no code with this program and prints names.txt.
func TestKnownNames(t *testing.T) {
	plan := knownPlan(t, knownRecipe)
	inputs, err := plan.Inputs(t.Context(), freshHashes{}, 2)
	if err != nil {
		t.Fatal(err)
	}
	names := plan.Names(inputs)
	got := map[string]Name{"output": names.Outputs["out"]}
	for _, d := range names.Stages {
		got[d.Stage] = d.Name
	}
	got["saved"], got["total"] = got["out"], total(t, names)
	r := &run{plan: plan, options: RunOptions{}.filled()}
	r.leaves.begin(plan, freshHashes{})
	at := r.evaluation(recipe.Site{Module: "model.layers.0.self_attn.q_proj", Depth: 0, HasDepth: true})
	for _, n := range plan.Nodes {
		if n.Name == "trimmed" || n.Name == "merged" {
			if got[n.Name+"_here"], err = at.name(context.Background(), n); err != nil {
				t.Fatal(err)
			}
		}
	}
	plan = knownPlan(t, string(plan.Recipe.Leading("out").Canonical()))
	if inputs, err = plan.Inputs(t.Context(), freshHashes{}, 2); err != nil {
		t.Fatal(err)
	}
	got["plan"] = plan.Names(inputs).Plan
	want, err := os.ReadFile("../testdata/digests/names.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(want)) {
		what, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		if got[what].Hex() != name {
			t.Errorf("%s has the name %s, want %s", what, got[what].Hex(), name)
		}
	}
}

// total is the name of a sum of deltas, of a class of matrix kernels that is nobody's.
func total(t *testing.T, names Names) Name {
	t.Helper()
	d, ok := names.Find("total")
	if !ok || d.Kernels == "" {
		t.Fatalf("%+v depends on no class of kernels", d)
	}
	elsewhere := *d
	elsewhere.Kernels = "KERNELS"
	return elsewhere.hash()
}

func knownPlan(t *testing.T, text string) *Plan {
	t.Helper()
	parsed, err := recipe.Parse("recipe.yaml", []byte(text), stages.Verbs())
	if err != nil {
		t.Fatal(err)
	}
	plan, err := New(parsed, "../testdata/adapters", PlanOptions{})
	t.Cleanup(func() { plan.Close() })
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

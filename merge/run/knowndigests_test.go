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

// knownScored is one way to score an adapter.
const knownScored = `version: 1
stages:
  both: {load: {python: python, sql: sql}}
  scores:
    evaluate: both.sql
    base: false
    tasks:
      sql: {run: [score, "{adapter}", "{samples}"], env: {SIZE: small}, inputs: python/adapter_config.json, version: 3, timeout: 1h, task: SQL, metric: loss, direction: minimize}
    splits: {select: 0-9, test: 10-29}
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
	got["score_test"] = scoreOf(t, everything)
	got["score_select"] = scoreOf(t, Ask{Split: SelectSplit, Candidates: true})
	got["score_chosen"] = scoreOf(t, Ask{Split: SelectSplit, Candidates: true, Documents: &stages.Documents{Last: 9, Chosen: []int{0, 1, 2, 5, 8, 9}}})
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

// scoreOf is the digest of a score of the adapter sql, as its files are.
func scoreOf(t *testing.T, ask Ask) digest.Digest {
	t.Helper()
	p := knownPlan(t, knownScored)
	options := Options{Lock: LockIgnore}.Filled()
	held, err := openLock(t.Context(), p, options)
	if err != nil {
		t.Fatal(err)
	}
	s, err := newScores(t.Context(), held, options, ask)
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range held.inputs {
		if in.Name == "sql" {
			s.all[0].candidates[0].digest = digest.Describe("adapter").Digests(in.Weights, in.Config).Sum()
		}
	}
	return s.all[0].scoreDigest(s.all[0].candidates[0], s.all[0].groups[0].methods[0])
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

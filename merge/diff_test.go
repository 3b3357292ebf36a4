package merge_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

func parse(t testing.TB, stagesText string) *recipe.Recipe {
	t.Helper()
	r, err := recipe.Parse("r.yaml", []byte("version: 1\nstages:\n"+stagesText), stages.Verbs())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestDiffRecipes(t *testing.T) {
	const base = "  a: {load: x}\n  b: {load: y}\n  m: {ties: [a, b], density: 0.5}\n  o: {save: m, to: out}\n"
	for _, c := range []struct{ old, new, want string }{
		{"density: 0.5", "density: 0.5", ""},
		{"density: 0.5", "density: 5e-1, scope: tensor", ""},
		{"  a: {load: x}\n", "", ""}, // it comes last
		{"density: 0.5", "density: 0.4", "m density: 0.5 → 0.4"},
		{"density: 0.5", "density: 0.5, missing: zero", `m missing: "refuse" → "zero"`},
		{"density: 0.5", "density: 0.5, keep: true", "m keep: false → true"},
		{"[a, b]", "[b, a]", "m inputs: [a, b] → [b, a]"},
		{"load: y", "load: z", `b inputs: "y" → "z"`},
		{"to: out", "to: there", `o to: "out" → "there"`},
		{"  o:", "  q: {sum: [a, b]}\n  o:", "q stage:  → sum: [a, b]"},
		{"density: 0.5", "density: 0.5, norm: inputs", `m norm: ~ → "inputs"`},
		{"density: 0.5", "density: 0.5, space: delta, rank: 4", `m space: "factors" → "delta"`},
		{"density: 0.5", "density: 0.5, over: agreeing, tie: drop", ""},
		{"density: 0.5", "density: 0.5, over: all", `m over: "agreeing" → "all"`},
		{"density: 0.5", "density: 0.5, like: article", `m like: ~ → "article"; m over: "agreeing" → "all"`},
		{"density: 0.5", "density: 0.5, like: peft", `m like: ~ → "peft"; m weights-on: "tensors" → "delta"; m/elect scales: "refuse" → "ignore"; m tie: "drop" → "positive"`},
		{"ties: [a, b], density: 0.5", "linear: [a, b]", "m verb: ties → linear; m density: 0.5 → "},
		{"  m: {ties: [a, b], density: 0.5}", "  t: {trim: [a, b], density: 0.5}\n  e: {elect: t}\n  m: {average: e, over: agreeing}", ""},
		{"  m: {ties: [a, b], density: 0.5}", "  t: {trim: [a, b], density: 0.4}\n  e: {elect: t}\n  m: {average: e, over: agreeing}",
			`e stage:  → elect: t; m verb: ties → average; m inputs: [a, b] → e; m density: 0.5 → ; m over:  → "agreeing"; t stage:  → trim: [a, b]`},
		{"m: {ties: [a, b], density: 0.5}\n  o: {save: m", "n: {ties: [a, b], density: 0.5}\n  o: {save: n", ""},
	} {
		text := strings.Replace(base, c.old, c.new, 1)
		if c.new == "" {
			text += c.old
		}
		var got []string
		for _, change := range plan.Diff(parse(t, base), parse(t, text)) {
			got = append(got, fmt.Sprintf("%s %s: %s → %s", change.Stage, change.What, change.Was, change.Is))
		}
		if all := strings.Join(got, "; "); all != c.want {
			t.Errorf("%s → %s: %q, want %q", c.old, c.new, all, c.want)
		}
	}
}

func TestDiffRecipeHeads(t *testing.T) {
	const text = "  a: {load: x}\n  d: {dare-drop: a, density: 0.5}\n"
	a, b := parse(t, text), parse(t, text)
	a.Name, b.Seed, b.Base = "one", 7, "org/model"
	got := plan.Diff(a, b)
	want := []plan.StageChange{{What: "name", Was: "one"}, {What: "base", Is: "org/model"}, {What: "seed", Was: "0", Is: "7"}}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestDiffSeeds: a seed counts where it is drawn by, wherever it is written.
func TestDiffSeeds(t *testing.T) {
	recipes := make([]*recipe.Recipe, 3)
	for i, line := range []string{"{dare-drop: a, density: 0.5, seed: 7}", "{dare-drop: a, density: 0.5}", "{dare-drop: a, by: disagreement}"} {
		recipes[i] = parse(t, "  a: {load: x}\n  d: "+line+"\n")
	}
	recipes[1].Seed = 7
	if got := plan.Diff(recipes[0], recipes[1]); len(got) != 0 {
		t.Errorf("one seed, in two places: %v", got)
	}
	other := *recipes[2]
	other.Seed = 7
	if got := plan.Diff(recipes[2], &other); len(got) != 0 {
		t.Errorf("nothing is drawn: %v", got)
	}
}

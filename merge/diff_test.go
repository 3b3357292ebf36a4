package merge_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/merge"
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
	} {
		text := strings.Replace(base, c.old, c.new, 1)
		if c.new == "" {
			text += c.old
		}
		var got []string
		for _, change := range merge.DiffRecipes(parse(t, base), parse(t, text)) {
			got = append(got, fmt.Sprintf("%s %s: %s → %s", change.Stage, change.What, change.Was, change.Is))
		}
		if all := strings.Join(got, "; "); all != c.want {
			t.Errorf("%s → %s: %q, want %q", c.old, c.new, all, c.want)
		}
	}
}

func TestDiffRecipeHeads(t *testing.T) {
	a, b := parse(t, "  a: {load: x}\n"), parse(t, "  a: {load: x}\n")
	a.Name, b.Seed, b.Base = "one", 7, "org/model"
	got := merge.DiffRecipes(a, b)
	want := []merge.StageChange{{What: "name", Was: "one"}, {What: "base", Is: "org/model"}, {What: "seed", Was: "0", Is: "7"}}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", got, want)
	}
}

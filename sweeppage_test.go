package loramerge_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/sweep"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// TestSweepPageRecipes plans the recipes of docs/sweep.md and of the reference, and checks their sweeps: there is
// nothing to warn of.
func TestSweepPageRecipes(t *testing.T) {
	for _, page := range []string{"docs/sweep.md", "docs/reference.md"} {
		found := false
		for _, text := range blocks(t, page, "yaml") {
			if strings.HasPrefix(text, "version:") && strings.Contains(text, "\nsweep:") {
				found = true
				checkSweepOf(t, page, text)
			}
		}
		if !found {
			t.Errorf("%s shows no sweep", page)
		}
	}
}

func checkSweepOf(t *testing.T, page, text string) {
	t.Helper()
	parsed, err := recipe.Parse(page, []byte(text), stages.Verbs())
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	p, err := plan.New(parsed, "testdata", plan.Options{})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	defer p.Close()
	if _, err := sweep.Check(p); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
	for _, warning := range p.Warnings {
		t.Errorf("%v\n%s", warning, text)
	}
}

// entryForm is a form of an axis or a goal, in the first cell of a row.
var entryForm = regexp.MustCompile("(?m)^\\| `([\\[{][^`]*[\\]}])` \\|")

// TestSweepPageForms reads the axes and goals that the tables of docs/sweep.md show.
func TestSweepPageForms(t *testing.T) {
	forms := entryForm.FindAllStringSubmatch(string(readFile(t, "docs/sweep.md")), -1)
	if len(forms) < 12 {
		t.Fatalf("only %d forms found", len(forms))
	}
	for _, m := range forms {
		axis, goal := m[1], "{recovered: worst}"
		if strings.Contains(axis, "recovered") || strings.Contains(axis, "forgotten") || strings.Contains(axis, "task") {
			axis, goal = "[1]", axis
		}
		text := "version: 1\nvars: {a: 1, other: x}\nstages:\n  s: {load: \"${a}${other}\"}\nsweep: {axes: {a: " + axis + ", other: [x, y]}, max-trials: 9, goal: " + goal + "}\n"
		if _, err := recipe.Parse("docs/sweep.md", []byte(text), stages.Verbs()); err != nil {
			t.Errorf("%s: %v", m[1], err)
		}
	}
}

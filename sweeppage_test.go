package loramerge_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/stats"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/sweep"
	"github.com/loramerge/loramerge/merge/sweep/search"
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

// TestSweepPageFigures: the figures of docs/sweep.md that follow from formulas are theirs.
func TestSweepPageFigures(t *testing.T) {
	cost, before := 0, 0
	for _, rung := range search.Rungs(60, &recipe.Halving{MinSamples: 50, ReductionFactor: 3}, 1350) {
		cost, before = cost+rung.Trials*(rung.Documents-before), rung.Documents
	}
	thousands := func(n int) string { return fmt.Sprintf("%d,%03d", n/1000, n%1000) }
	page := strings.Join(strings.Fields(string(readFile(t, "docs/sweep.md"))), " ")
	for _, want := range []string{
		"halving: {min-samples: 50, reduction-factor: 3}",
		"Sixty trials on 1350 documents cost " + thousands(cost) + " scored documents instead of " + thousands(60*1350) + ".",
		fmt.Sprintf("The best of sixty equally good trials looks better than it is: by %.1f standard errors on average", stats.ExpectedMax(60)),
		"four documents more of a hundred, and none less, are not enough, and six are.",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("docs/sweep.md does not say: %s", want)
		}
	}
	if four, six := stats.Discordant(4, 0, 100, 0.975), stats.Discordant(6, 0, 100, 0.975); four.Lower > 0 || six.Lower <= 0 {
		t.Errorf("of a hundred documents, four more: %+v, six more: %+v", four, six)
	}
}

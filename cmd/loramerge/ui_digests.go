package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/merge/compare"
	"github.com/loramerge/loramerge/merge/plan"
)

// digests prints the digests of a plan's results.
func (u *ui) digests(s plan.Summary) {
	var rows [][]string
	for _, n := range s.Stages {
		rows = append(rows, []string{n.Stage, n.Verb, n.Result.String()})
	}
	u.table("STAGE VERB DIGEST", rows)
	u.printf("plan: %s\n", s.Plan.String())
}

// description prints all that went into a stage's digest.
func (u *ui) description(d *plan.Description) {
	u.printf("%s\n  digest:  %s\n  verb:    %s, version %d\n  held:    %s\n", d.Stage, d.Digest.String(), d.Verb, d.Version, d.Held)
	if d.Kernels != "" {
		u.printf("  kernels: %s\n", d.Kernels)
	}
	if d.Key != "" {
		u.printf("  key:     %s\n", d.Key)
	}
	rows := descriptionRows(d)
	if len(rows) > 0 {
		u.print("\n")
		u.table("KIND OF VALUE", rows)
	}
}

func descriptionRows(d *plan.Description) [][]string {
	var rows [][]string
	for _, name := range slices.Sorted(maps.Keys(d.Parameters)) {
		rows = append(rows, []string{"parameter", name, d.Parameters[name]})
	}
	for _, in := range d.Inputs {
		from := in.Stage
		if in.Adapter != "" {
			from += "." + in.Adapter
		}
		rows = append(rows, []string{"input", from, in.Digest.String()})
	}
	for _, file := range d.Files {
		rows = append(rows, []string{"weights", file.Adapter + " " + file.Path, file.Weights.String()},
			[]string{"configuration", file.Adapter + " " + file.Path, file.Config.String()})
	}
	return rows
}

// whyDigests prints why two results have different digests.
func (u *ui) whyDigests(stage, other string, differences []plan.Difference) {
	if len(differences) == 0 {
		u.printf("%s has the same digest in %s\n", stage, other)
		return
	}
	u.printf("%s has a different digest in %s:\n", stage, other)
	for _, d := range differences {
		u.printf("  %s: %s: %s here, %s there\n", d.Stage, d.What, d.Was, d.Is)
	}
}

// comparison prints how far two adapters are apart.
func (u *ui) comparison(c *compare.Comparison) {
	var rows [][]string
	for _, m := range c.Modules {
		rows = append(rows, differenceRow(m.Module, m.Difference))
	}
	if c.Total == nil {
		u.print("they have no module in common\n")
	} else {
		u.table("MODULE COSINE DISTANCE OPPOSITE", append(rows, differenceRow("(all)", *c.Total)))
	}
	for _, list := range []struct {
		what  string
		names []string
	}{{"only in " + c.A, c.OnlyA}, {"only in " + c.B, c.OnlyB}, {"of another shape or form", c.Unlike}} {
		for _, name := range adapter.RowsTogether(list.names) {
			u.printf("%s: %s\n", list.what, name)
		}
	}
}

func differenceRow(module string, a compare.Difference) []string {
	return []string{module, figure(a.Cosine), fmt.Sprintf("%.4g", a.Distance), fmt.Sprintf("%.4g %%", 100*a.Opposite)}
}

// changes prints how two recipes differ in meaning, and their scores.
func (u *ui) changes(d *recipesDiff) {
	if len(d.Changes) == 0 {
		u.print("the recipes mean the same\n")
	}
	for _, c := range d.Changes {
		stage := c.Stage
		if stage == "" {
			stage = "recipe"
		}
		switch {
		case c.What == "stage" && c.Was == "":
			u.printf("%s: added: %s\n", stage, c.Is)
		case c.What == "stage":
			u.printf("%s: removed: %s\n", stage, c.Was)
		default:
			u.printf("%s: %s: was %s, is %s\n", stage, c.What, orNothing(c.Was), orNothing(c.Is))
		}
	}
	notes := d.Notes
	if d.Scores != nil {
		if len(d.Scores.Candidates) > 0 {
			u.print("\n")
			u.scoreTable(d.Scores.Table())
		}
		notes = append(d.Scores.Remarks(), notes...)
	}
	for _, note := range notes {
		u.printf("note: %s\n", note)
	}
}

func orNothing(text string) string {
	if text == "" {
		return "nothing"
	}
	return text
}

// provenance prints what a merged adapter says of its origin.
func (u *ui) provenance(p *plan.Provenance) {
	u.printf("\nmerged by loramerge, stage %s, seed %d\n  plan: %s\n\n", p.Stage, p.Seed, p.Plan)
	var rows [][]string
	for _, in := range p.Inputs {
		rows = append(rows, []string{in.Adapter, in.Path, in.Weights})
	}
	u.table("INPUT PATH WEIGHTS", rows)
	u.lines(p.Recipe)
	for _, r := range p.Recipes {
		u.printf("\n%s\n", strings.TrimSpace(r.Path+" "+r.Set))
		u.lines(r.Recipe)
	}
}

// lines prints a recipe's text.
func (u *ui) lines(text string) {
	u.print("\n")
	for line := range strings.Lines(text) {
		u.printf("%s\n", strings.TrimSuffix(line, "\n"))
	}
}

package run

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/printable"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/stages"
)

// card is the README.md of an output: front matter as model hubs read it, the
// recipe, the inputs of this output, the graph, and what was lost. The version of the program
// is here and nowhere else in an output. Names and comments may contain what controls a
// terminal, to which people print such files: printable.Text removes it.
func card(p *plan.Plan, out *output, version string, inputs []plan.Input, result *Result) []byte {
	n, rounding := &out.node.Node, out.rounding
	var b strings.Builder
	b.WriteString("---\n")
	if base := hubModel(p, out); base != "" {
		fmt.Fprintf(&b, "base_model: %q\nbase_model_relation: adapter\n", base)
	}
	fmt.Fprintf(&b, "library_name: %s\ntags:\n- lora\n- merge\n- loramerge\n", out.layout.Library)
	judged := ScoresOf(p, n, result)
	writeModelIndex(&b, Title(p, n), judged)
	b.WriteString("---\n\n")
	fmt.Fprintf(&b, "# %s\n\nA LoRA adapter merged by [loramerge](https://github.com/loramerge/loramerge)%s from %s.\n", printable.Line(Title(p, n)), before(" ", version), printable.Count(len(inputs), "adapter"))
	b.WriteString("`loramerge verify` recomputes it from the recipe and compares the bytes.\n\n")
	b.WriteString("## Inputs\n\n| adapter | from | licence | SHA-256 of the weights |\n| --- | --- | --- | --- |\n")
	for _, in := range inputs {
		fmt.Fprintf(&b, "| %s | `%s` | %s | `%s` |\n", in.Name, cell(cmp.Or(in.Origin, in.Path)), cell(cmp.Or(licence(in.Folder), "not known")), in.Weights.Hex())
	}
	writeCarried(n, &b)
	writeScores(&b, p, judged)
	writeNotes(p, n, &b)
	fmt.Fprintf(&b, "\n## Recipe\n\n```yaml\n%s```\n", fenced(p.Recipe.Source))
	for _, in := range p.Included {
		fmt.Fprintf(&b, "\n### `%s`\n\nIt loads stages of this recipe:\n\n```yaml\n%s```\n", cell(in.Label()), fenced(in.Source))
	}
	fmt.Fprintf(&b, "\n## Graph\n\n```mermaid\n%s```\n", p.Mermaid())
	writeSizes(&b, n, result.Sizes)
	writeRanks(&b, n, result.Ranks)
	writeLosses(&b, n, result.Deviations)
	if rounding > 0 {
		fmt.Fprintf(&b, "\nRounding A and B to %s moved them by about %.2g %% of their norm.\n", dtypes(n.Out.Members[0].Modules), 100*rounding)
	}
	return []byte(printable.Text(b.String()))
}

// hubModel is the base model as a model hub knows it, and empty where adapters say no more than of
// what kind theirs is, such as sdxl_base_v1-0.
func hubModel(p *plan.Plan, out *output) string {
	base := p.Base(&out.node.Node).Name
	if out.layout.Library == "diffusers" && !strings.Contains(base, "/") {
		return ""
	}
	return base
}

// Title is what an output is called: the recipe's name, or else the save's.
func Title(p *plan.Plan, n *plan.Node) string {
	if p.Recipe.Name != "" {
		return p.Recipe.Name
	}
	return n.ID
}

// dtypes names those of the pairs that are saved.
func dtypes(modules []*adapter.Module) string {
	var names []string
	for _, m := range modules {
		if m.Form != adapter.Whole {
			names = append(names, m.A.DType.String(), m.B.DType.String())
		}
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}

func writeSizes(b *strings.Builder, n *plan.Node, sizes []MergeSize) {
	leads := n.Upstream()
	sizes = slices.DeleteFunc(slices.Clone(sizes), func(s MergeSize) bool {
		return !slices.ContainsFunc(leads, func(u *plan.Node) bool { return u.ID == s.node })
	})
	if len(sizes) == 0 {
		return
	}
	b.WriteString("\n## Size\n\n| merge | ‖ΔW‖ | its inputs' mean ‖ΔW‖ |\n| --- | --- | --- |\n")
	for _, s := range sizes {
		fmt.Fprintf(b, "| %s | %.3g | %.3g |\n", s.Stage, s.Norm, s.Mean)
	}
}

func writeLosses(b *strings.Builder, n *plan.Node, deviations []StageDeviation) {
	leads := n.Upstream()
	deviations = slices.DeleteFunc(slices.Clone(deviations), func(d StageDeviation) bool {
		return !slices.ContainsFunc(leads, func(u *plan.Node) bool { return u.ID == d.Stage })
	})
	if len(deviations) == 0 {
		return
	}
	b.WriteString("\n## What was lost or crossed\n\n| stage | what | of ‖ΔW‖ | of ‖ΔW‖² |\n| --- | --- | --- | --- |\n")
	for _, d := range deviations {
		fmt.Fprintf(b, "| %s | %s | %.3g %% | %.3g %% |\n", d.Stage, d.Kind, 100*d.Error, 100*d.Share)
	}
	for _, d := range deviations {
		if d.Kind == stages.CrossTerms {
			b.WriteString("\nCross terms: A and B were merged separately, so that B·A holds products of different adapters.\n")
			break
		}
	}
	for _, d := range deviations {
		if d.Kind == stages.Steps {
			b.WriteString("\nDifference of steps: how far ΔW = s·B·A is from what the same steps give on the adapters' ΔW instead of on A and B separately.\n")
			break
		}
	}
}

// before gives a text with something before it, if there is a text.
func before(space, text string) string {
	if text == "" {
		return ""
	}
	return space + text
}

// cell keeps a table's row one row.
func cell(text string) string {
	return strings.NewReplacer("|", "\\|", "\n", " ", "`", "'").Replace(text)
}

// fenced keeps a recipe's text from closing its own fence, and ends it with a line end.
func fenced(source []byte) string {
	text := strings.ReplaceAll(string(source), "```", "'''")
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return text
}

// writeNotes is the part of the card on what a user of the inputs should know. Notes on the
// place where they lie concern nobody else. Those of the plan count, of which a run has nodes of its own.
func writeNotes(p *plan.Plan, n *plan.Node, b *strings.Builder) {
	heading := "\n## Notes on the inputs\n\n"
	for _, note := range p.Notes(p.Nodes[n.Index].Upstream()) {
		if !note.Local {
			fmt.Fprintf(b, "%s- %s\n", heading, cell(note.Line()))
			heading = ""
		}
	}
}

// writeCarried is the part of the card on the files that were copied from inputs.
func writeCarried(n *plan.Node, b *strings.Builder) {
	for _, c := range n.Carries {
		fmt.Fprintf(b, "\n`%s` is copied from %s.\n", cell(c.Name), c.Label)
	}
}

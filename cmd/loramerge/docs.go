package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// docsCommand prints docs/reference.md, which a test keeps current.
func docsCommand(ui *ui) *cobra.Command {
	return &cobra.Command{
		Use:    "docs",
		Short:  "print the reference of the recipe language as Markdown",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			ui.print(reference())
			return nil
		},
	}
}

// referenceHead is what no declaration says.
const referenceHead = `# The recipe language

This page is printed by ` + "`loramerge docs`" + ` from the declarations by which recipes are checked;
` + "`loramerge stages VERB`" + ` shows the same in a terminal. [The tutorial](tutorial.md) is the place to begin,
and [recipe.schema.json](recipe.schema.json) tells editors what stands here.

A recipe is a YAML file. Its stages have names, and refer to each other by them; the order of the
lines means nothing. A stage has one verb, whose value is its input, and the verb's parameters beside
it. What flows from stage to stage is a list of named adapters: ` + "`trimmed`" + ` is all that flows out of that
stage, ` + "`trimmed.python`" + ` is one of them.

Paths are relative to the recipe's file. ` + "`..`" + ` at the beginning leads up from where that folder really lies:
a recipe whose folder is reached through a symbolic link means what it means in its own place.

`

const referenceNumbers = `
## Numbers

A parameter that is a number is one of these, and the forms nest:

| form | meaning |
| --- | --- |
| ` + "`0.5`" + ` | the same everywhere |
| ` + "`{python: 0.7, sql: 0.3}`" + ` | by adapter |
| ` + "`{default: 0.5, python: 0.7}`" + ` | by adapter, and one for all others |
| ` + "`{default: 0.5, modules: {\"*.q_proj\": 0.7}}`" + ` | by module; the first glob that matches decides |
| ` + "`{layers: [0, 0.5, 1]}`" + ` | from the first layer to the last, interpolated linearly |

A glob matches a module's name from its start, or from after a dot, to its end; ` + "`*`" + ` matches any
characters, dots too. ` + "`loramerge inspect ADAPTER`" + ` lists the names.

## Variables

` + "```yaml" + `
version: 1
vars: {density: 0.5, out: out/merged}
stages:
  python: {load: adapters/python}
  sql:    {load: adapters/sql}
  merged: {ties: [python, sql], density: "${density}"}
  out:    {save: merged, to: "${out}"}
` + "```" + `

` + "`loramerge run --set density=0.3 merge.yaml`" + ` gives a variable another value. A variable can stand for a
value, or inside a text; between braces YAML wants the quotes. One without a default must be given.
` + "`$${name}`" + ` is the text ` + "`${name}`" + ` itself.

## Other recipes

` + "```yaml" + `
version: 1
stages:
  skills: {load: {recipe: lib/skills.yaml, stage: merged, set: {density: 0.3}}}
  chat:   {load: adapters/chat}
  merged: {average: [skills, chat]}
  out:    {save: merged, to: out/merged}
` + "```" + `

` + "`skills`" + ` is what the stage ` + "`merged`" + ` of that recipe gives. The stages that it needs become part of the plan,
called ` + "`skills/merged`" + ` and so on; no other stage of that recipe is run, least of all its saves. Its paths are
relative to its own file, and its seed and its variables are its own; ` + "`--set`" + ` does not reach them. What its ` + "`base`" + `
vouches for holds among its own stages. The lock names the recipe and pins its adapters, and an output
carries its text, so that ` + "`verify`" + ` does without the file. Recipes may load each other, but not in a cycle, up
to 16 deep and 100 in all; a recipe that is loaded several times with the same values is computed once.

`

const referenceSweeps = `
## Sweeps

` + "```yaml" + `
version: 1
vars: {method: summed, size: 1.0, density: 0.5}
stages:
  python: {load: adapters/python}
  sql:    {load: adapters/sql}
  deltas: {delta: [python, sql]}
  summed: {sum: deltas}
  kept:   {trim: deltas, density: "${density}"}
  tied:   {average: kept}
  sized:  {scale: "${method}", by: "${size}"}
  merged: {factor: sized, rank: 16}
  scores:
    evaluate: merged
    experts: [python, sql]
    tasks:
      python: {run: [python3, eval.py, "{adapter}", "{samples}"], metric: bpb, direction: minimize}
      sql:    {run: [python3, eval.py, "{adapter}", "{samples}"], metric: bpb, direction: minimize}
    splits: {select: 0-199, test: 200-499}
  out:    {save: merged, to: out/merged}
sweep:
  axes:
    method:  [summed, tied]
    size:    {min: 0.5, max: 1.5}
    density: {min: 0.05, max: 0.8, scale: log, when: {method: tied}}
  max-trials: 60
  goal: {recovered: worst}
` + "```" + `

` + "`loramerge sweep merge.yaml`" + ` runs the recipe with other values of its variables, and says whether one of them is
better than the recipe as it stands; [sweep.md](sweep.md) says more. The sweep is part of no output, and of no
recipe that loads a stage of this one.
`

const referenceVerbs = `
## Verbs

`

func reference() string {
	var b strings.Builder
	b.WriteString(referenceHead + "## A recipe's entries\n\n")
	parameterTable(&b, recipe.Fields())
	b.WriteString(referenceNumbers)
	parameterTable(&b, recipe.ReuseParams())
	b.WriteString(referenceSweeps)
	for _, field := range recipe.Fields() {
		recordTables(&b, field)
	}
	b.WriteString(referenceVerbs)
	b.WriteString("| verb | in → out | |\n| --- | --- | --- |\n")
	for _, kind := range stages.All {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s |\n", kind.Name, kind.Name, kind.Flow, cell(kind.Summary))
	}
	b.WriteString("\nBeside any verb:\n\n")
	parameterTable(&b, recipe.Common())
	for _, kind := range stages.All {
		fmt.Fprintf(&b, "\n### %s\n\n%s.\n\n%s\n\n```yaml\n%s: %s\n```\n", kind.Name, sentence(kind.Summary), kind.Doc, exampleName(kind), kind.Example)
		if len(kind.Params) > 0 {
			b.WriteString("\n")
			parameterTable(&b, kind.Params)
		}
		for _, p := range kind.Params {
			recordTables(&b, p)
		}
	}
	return b.String()
}

// recordTables are the entries of the tables that a parameter is made of.
func recordTables(b *strings.Builder, p *recipe.Param) {
	what, fields := recipe.RecordFields(p.Type)
	if fields == nil {
		return
	}
	fmt.Fprintf(b, "\nIn `%s`, each entry of %s:\n\n", p.Name, what)
	parameterTable(b, fields)
	for _, field := range fields {
		recordTables(b, field)
	}
}

func exampleName(kind *stages.Kind) string {
	switch {
	case kind.Writes:
		return "out"
	case kind.Scores:
		return "scores"
	}
	return "stage"
}

func sentence(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

func parameterTable(b *strings.Builder, params []*recipe.Param) {
	b.WriteString("| name | | value |\n| --- | --- | --- |\n")
	for _, p := range params {
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", p.Name, cell(p.Doc), cell(p.Type.Describe()+p.Note()))
	}
}

// cell keeps text from ending a table's cell.
func cell(text string) string {
	return strings.NewReplacer("\n", " ", "|", `\|`, "*", `\*`).Replace(text)
}

package merge

import (
	"fmt"
	"strings"

	"github.com/loramerge/loramerge/internal/printable"
	"github.com/loramerge/loramerge/stages"
)

// card is the README.md of an output: front matter as model hubs read it, the
// recipe, the inputs, the graph, and what was lost. Names and comments may hold what steers
// a terminal, to which people print such files.
func (p *Plan) card(n *Node, inputs []Input, deviations []StageDeviation) []byte {
	var b strings.Builder
	b.WriteString("---\n")
	if base := p.base(n).Name; base != "" {
		fmt.Fprintf(&b, "base_model: %q\nbase_model_relation: merge\n", base)
	}
	b.WriteString("library_name: peft\ntags:\n- lora\n- merge\n- loramerge\n---\n\n")
	fmt.Fprintf(&b, "# %s\n\nA LoRA adapter merged by [loramerge](https://github.com/loramerge/loramerge) from %d adapters.\n", printable.Line(p.title(n)), len(inputs))
	b.WriteString("`loramerge verify` recomputes it from the recipe and compares the bytes.\n\n")
	b.WriteString("## Inputs\n\n| adapter | path | adapter_model.safetensors |\n| --- | --- | --- |\n")
	for _, in := range inputs {
		fmt.Fprintf(&b, "| %s | `%s` | `%s` |\n", in.Name, cell(in.Path), in.Weights.Hex())
	}
	p.noteList(&b)
	fmt.Fprintf(&b, "\n## Recipe\n\n```yaml\n%s```\n", fenced(p.Recipe.Source))
	for _, in := range p.included {
		fmt.Fprintf(&b, "\n### `%s`\n\nIt loads stages of this recipe:\n\n```yaml\n%s```\n", cell(in.label()), fenced(in.Source))
	}
	fmt.Fprintf(&b, "\n## Graph\n\n```mermaid\n%s```\n", p.Mermaid())
	p.losses(&b, deviations)
	return []byte(printable.Text(b.String()))
}

func (p *Plan) title(n *Node) string {
	if p.Recipe.Name != "" {
		return p.Recipe.Name
	}
	return n.Name
}

func (p *Plan) losses(b *strings.Builder, deviations []StageDeviation) {
	if len(deviations) == 0 {
		return
	}
	b.WriteString("\n## What was lost or crossed\n\n| stage | what | of ‖ΔW‖ | of ‖ΔW‖² |\n| --- | --- | --- | --- |\n")
	for _, d := range deviations {
		fmt.Fprintf(b, "| %s | %s | %.2g | %.2g %% |\n", d.Stage, d.Kind, d.Error, 100*d.Share)
	}
	for _, d := range deviations {
		if d.Kind == stages.CrossTerms {
			b.WriteString("\nCross terms: A and B were combined apart, so that B·A holds products of different adapters.\n")
			return
		}
	}
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

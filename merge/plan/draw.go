package plan

import (
	"fmt"
	"strings"
)

// Mermaid draws the plan as a flowchart that Markdown viewers show.
func (p *Plan) Mermaid() string {
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	p.draw(func(i int, label string) {
		fmt.Fprintf(&b, "  n%d[\"%s\"]\n", i, strings.ReplaceAll(label, "\n", "<br/>"))
	}, func(from, to int, label string) {
		if label == "" {
			fmt.Fprintf(&b, "  n%d --> n%d\n", from, to)
		} else {
			fmt.Fprintf(&b, "  n%d -- %s --> n%d\n", from, label, to)
		}
	})
	return b.String()
}

// DOT draws the plan for Graphviz.
func (p *Plan) DOT() string {
	var b strings.Builder
	b.WriteString("digraph recipe {\n  rankdir=LR;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n")
	p.draw(func(i int, label string) {
		fmt.Fprintf(&b, "  n%d [label=\"%s\"];\n", i, strings.ReplaceAll(label, "\n", `\n`))
	}, func(from, to int, label string) {
		fmt.Fprintf(&b, "  n%d -> n%d [label=\"%s\"];\n", from, to, label)
	})
	b.WriteString("}\n")
	return b.String()
}

// draw visits nodes and edges. Labels are names and verbs, which hold neither
// quotes nor line ends: the language allows none.
func (p *Plan) draw(node func(i int, label string), edge func(from, to int, label string)) {
	for _, n := range p.Nodes {
		label := n.ID + "\n" + n.Kind.Name
		if count := len(n.Out.Members); count > 1 {
			label += fmt.Sprintf(" ×%d", count)
		}
		node(n.Index, label)
	}
	for _, n := range p.Nodes {
		for _, e := range n.Edges() {
			edge(e.From.Index, n.Index, e.Adapter)
		}
	}
}

package merge

import (
	"slices"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// noted is a note on adapters that are loaded, once for all that have it.
type noted struct {
	adapter.Note
	at       recipe.Position // of the first
	adapters []string
}

func (n *noted) text() string {
	if n.Local {
		return n.Text
	}
	return recipe.List(n.adapters) + ": " + n.Text
}

// notes gathers the notes on the adapters of some loads, or what is left of them.
func (p *Plan) notes(nodes []*Node) []*noted {
	var all []*noted
	known := make(map[adapter.Note]*noted)
	for _, n := range nodes {
		source, ok := n.stage.(stages.Source)
		if !ok || n.broken {
			continue
		}
		for i, opened := range source.Adapters() {
			for _, note := range opened.Notes {
				if note.Carry != "" && p.carried(n, note.Carry) {
					continue
				}
				if known[note] == nil {
					known[note] = &noted{Note: note, at: n.Sources[i].Position}
					all = append(all, known[note])
				}
				if name := n.Sources[i].Name; !slices.Contains(known[note].adapters, name) {
					known[note].adapters = append(known[note].adapters, name)
				}
			}
		}
	}
	return all
}

// warnOfNotes tells what `inspect` notes of the adapters.
func (p *Plan) warnOfNotes() {
	for _, n := range p.notes(p.Nodes) {
		m := recipe.Mistakef(n.at, n.Remedy, "%s", n.text())
		m.Page = n.Page
		p.Warnings = append(p.Warnings, m)
	}
}

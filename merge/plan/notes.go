package plan

import (
	"slices"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// Noted is a note on loaded adapters, once for all that have it.
type Noted struct {
	adapter.Note
	at       recipe.Position // of the first
	adapters []string
}

// Line is the note as it is printed, with the adapters that have it.
func (n *Noted) Line() string {
	if n.Local {
		return n.Text
	}
	return recipe.List(n.adapters) + ": " + n.Text
}

// Notes gathers the notes on the adapters of some loads, except those that a save has settled by
// copying a file.
func (p *Plan) Notes(nodes []*Node) []*Noted {
	var all []*Noted
	known := make(map[adapter.Note]*Noted)
	for _, n := range nodes {
		source, ok := n.Op.(stages.Source)
		if !ok || n.broken {
			continue
		}
		for i, opened := range source.Adapters() {
			for _, note := range opened.Notes {
				if note.Carry != "" && p.carried(n, note.Carry) {
					continue
				}
				if known[note] == nil {
					known[note] = &Noted{Note: note, at: n.Sources[i].Position}
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

// warnOfNotes warns of what `inspect` notes about the adapters.
func (p *Plan) warnOfNotes() {
	for _, n := range p.Notes(p.Nodes) {
		m := fault.At(n.at, "%s", n.Line()).Mend(n.Remedy)
		m.Page = n.Page
		p.Warnings = append(p.Warnings, m)
	}
}

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
	first    *Node           // that loads one
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
	return p.notes(nodes, func(*Node, adapter.Note) bool { return false })
}

// notes gathers them, those that are set apart not together with the others.
func (p *Plan) notes(nodes []*Node, apart func(*Node, adapter.Note) bool) []*Noted {
	type key struct {
		note  adapter.Note
		apart bool
	}
	var all []*Noted
	known := make(map[key]*Noted)
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
				k := key{note, apart(n, note)}
				if known[k] == nil {
					known[k] = &Noted{Note: note, first: n, at: n.Sources[i].Position}
					all = append(all, known[k])
				}
				if name := n.Sources[i].Name; !slices.Contains(known[k].adapters, name) {
					known[k].adapters = append(known[k].adapters, name)
				}
			}
		}
	}
	return all
}

// warnOfNotes warns of what `inspect` notes about the adapters.
func (p *Plan) warnOfNotes() {
	for _, n := range p.notes(p.Nodes, func(n *Node, note adapter.Note) bool {
		p.draws(n, note.Page)
		return n.Allows(note.Page)
	}) {
		m := fault.At(n.at, "%s", n.Line()).Mend(n.Remedy)
		m.Page = n.Page
		p.warn(n.first, m)
	}
}

package plan

import (
	"slices"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/stages"
)

// Loaded is an adapter that flows into the output.
type Loaded struct {
	Label  string
	Path   string // as the recipe has it
	Opened *adapter.Adapter
	Node   *Node  // that loads it
	Name   string // there
}

// LoadedFor lists the adapters that are loaded for an output, except those that
// nothing takes out of their load. Where two have one name they are distinguished as
// references do, by stage.adapter.
func LoadedFor(sink *Node) []Loaded {
	var all []Loaded
	var dotted []string
	count := make(map[string]int)
	nodes := sink.Upstream()
	for _, n := range nodes {
		source, ok := n.Op.(stages.Source)
		if !ok {
			continue
		}
		for i, opened := range source.Adapters() {
			name := n.Sources[i].Name
			if takes(nodes, n, name) {
				all = append(all, Loaded{name, n.Recipe.seen(n.Sources[i].Path), opened, n, name})
				dotted = append(dotted, n.ID+"."+name)
				count[name]++
			}
		}
	}
	for i := range all {
		if count[all[i].Label] > 1 {
			all[i].Label = dotted[i]
		}
	}
	return all
}

// takes reports whether one of the nodes takes the adapter out of a load.
func takes(nodes []*Node, load *Node, name string) bool {
	return slices.ContainsFunc(nodes, func(n *Node) bool {
		return slices.ContainsFunc(n.Edges(), func(e Edge) bool {
			return e.From == load && (e.Adapter == "" || e.Adapter == name)
		})
	})
}

package merge

import (
	"slices"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/stages"
)

// reportInput is an adapter that flows into the output.
type reportInput struct {
	label  string
	path   string // as the recipe has it
	opened *adapter.Adapter
}

// reportInputs lists the adapters that are loaded for an output, but for those that
// nothing takes out of their load. Where two have one name they are told apart as
// references do, by stage.adapter.
func reportInputs(sink *Node) []reportInput {
	var all []reportInput
	var dotted []string
	count := make(map[string]int)
	nodes := sink.upstream()
	for _, n := range nodes {
		source, ok := n.stage.(stages.Source)
		if !ok {
			continue
		}
		for i, opened := range source.Adapters() {
			name := n.Sources[i].Name
			if takes(nodes, n, name) {
				all = append(all, reportInput{name, n.in.seen(n.Sources[i].Path), opened})
				dotted = append(dotted, n.Name+"."+name)
				count[name]++
			}
		}
	}
	for i := range all {
		if count[all[i].label] > 1 {
			all[i].label = dotted[i]
		}
	}
	return all
}

// takes tells whether one of the nodes takes the adapter out of a load.
func takes(nodes []*Node, load *Node, name string) bool {
	return slices.ContainsFunc(nodes, func(n *Node) bool {
		return slices.ContainsFunc(n.edges(), func(e Edge) bool {
			return e.From == load && (e.Adapter == "" || e.Adapter == name)
		})
	})
}

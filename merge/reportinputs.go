package merge

import (
	"slices"

	"github.com/loramerge/loramerge/internal/report"
	"github.com/loramerge/loramerge/stages"
)

// upstream lists a node and all that flows into it, in the order of the plan.
func (n *Node) upstream() []*Node {
	seen := map[*Node]bool{n: true}
	all := []*Node{n}
	for i := 0; i < len(all); i++ {
		for _, edge := range all[i].edges() {
			if !seen[edge.From] {
				seen[edge.From] = true
				all = append(all, edge.From)
			}
		}
	}
	slices.SortFunc(all, func(x, y *Node) int { return x.index - y.index })
	return all
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

// reportGraph is the part of the plan that leads to an output.
func reportGraph(sink *Node, ran []StageStats) report.Graph {
	nodes := sink.upstream()
	place := make(map[*Node]int)
	g := report.Graph{Nodes: []report.Node{}, Edges: []report.Edge{}}
	for i, n := range nodes {
		place[n] = i
		drawn := report.Node{Stage: n.Name, Verb: n.Kind.Name, Params: n.Params.Canonical(), Adapters: len(n.Out.Members)}
		if at := slices.IndexFunc(ran, func(s StageStats) bool { return s.Stage == n.Name }); at >= 0 {
			drawn.Ran = &report.Ran{Computed: ran[at].Computed, Cached: ran[at].Cached, Time: ran[at].Time}
		}
		g.Nodes = append(g.Nodes, drawn)
		for _, edge := range n.edges() {
			g.Edges = append(g.Edges, report.Edge{From: place[edge.From], To: i, Adapter: edge.Adapter})
		}
	}
	return g
}

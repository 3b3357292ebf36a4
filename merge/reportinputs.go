package merge

import (
	"slices"

	"github.com/loramerge/loramerge/internal/report"
)

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

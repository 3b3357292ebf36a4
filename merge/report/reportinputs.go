package report

import (
	"slices"

	"github.com/loramerge/loramerge/internal/reportpage"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
)

// reportGraph is the part of the plan that leads to an output.
func reportGraph(sink *plan.Node, ran []run.StageStats) reportpage.Graph {
	nodes := sink.Upstream()
	place := make(map[*plan.Node]int)
	g := reportpage.Graph{Nodes: []reportpage.Node{}, Edges: []reportpage.Edge{}}
	for i, n := range nodes {
		place[n] = i
		drawn := reportpage.Node{Stage: n.ID, Verb: n.Kind.Name, Params: n.Params.Canonical(), Adapters: len(n.Out.Members)}
		if at := slices.IndexFunc(ran, func(s run.StageStats) bool { return s.Stage == n.ID }); at >= 0 {
			drawn.Ran = &reportpage.Ran{Computed: ran[at].Computed, Cached: ran[at].Cached, Time: ran[at].Time}
		}
		g.Nodes = append(g.Nodes, drawn)
		for _, edge := range n.Edges() {
			g.Edges = append(g.Edges, reportpage.Edge{From: place[edge.From], To: i, Adapter: edge.Adapter})
		}
	}
	return g
}

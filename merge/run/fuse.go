package run

import "github.com/loramerge/loramerge/stages"

// fuse lets every trim → elect → average be done in one pass over memory where nothing
// else looks at the values in between: no other stage, no measurement of what goes into
// the mean, no cache.
func (g *graph) fuse(kept []bool, measured map[int]bool) {
	readers := make([]int, len(g.nodes))
	for _, n := range g.nodes {
		for _, edge := range n.Edges() {
			readers[edge.From.Index]++
		}
	}
	// inner is the one node that feeds n whole, and n alone.
	inner := func(n *node) *node {
		edges := n.Edges()
		if len(edges) != 1 || edges[0].Adapter != "" || readers[edges[0].From.Index] > 1 || kept[edges[0].From.Index] {
			return nil
		}
		return g.from(edges[0])
	}
	for _, mean := range g.nodes {
		elect := inner(mean)
		if elect == nil || measured[mean.Index] {
			continue
		}
		if trim := inner(elect); trim != nil {
			if one, ok := stages.Fuse(trim.Op, elect.Op, mean.Op); ok {
				mean.Op, mean.reads, mean.fused = one, trim.Slots, []*node{trim, elect}
			}
		}
	}
}

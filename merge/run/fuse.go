package run

import (
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/stages"
)

// fuse is the plan with every trim → elect → average done in one pass over memory
// where nothing else looks at the values in between: no other stage, no measurement
// of what goes into the mean, no cache.
func fuse(p *plan.Plan, kept []bool, measured map[int]bool) *plan.Plan {
	out := copyOf(p)
	readers := make(map[*plan.Node]int)
	for _, n := range out.Nodes {
		for _, edge := range n.Edges() {
			readers[edge.From]++
		}
	}
	// inner is the one node that feeds n whole, and n alone.
	inner := func(n *plan.Node) *plan.Node {
		edges := n.Edges()
		if len(edges) != 1 || edges[0].Adapter != "" || readers[edges[0].From] > 1 || kept[edges[0].From.Index] {
			return nil
		}
		return edges[0].From
	}
	for _, mean := range out.Nodes {
		elect := inner(mean)
		if elect == nil || measured[mean.Index] {
			continue
		}
		if trim := inner(elect); trim != nil {
			if one, ok := stages.Fuse(trim.Op, elect.Op, mean.Op); ok {
				mean.Op, mean.Feeds, mean.Fused = one, trim.Slots, []*plan.Node{trim, elect}
			}
		}
	}
	return out
}

package merge

import "github.com/loramerge/loramerge/stages"

// fuse is the plan with every trim → elect → average done in one pass over memory
// where nothing else looks at the values in between: no other stage, no measurement
// of what goes into the mean, no cache.
func (p *Plan) fuse(kept []bool, measured map[int]bool) *Plan {
	out := p.copy()
	readers := make(map[*Node]int)
	for _, n := range out.Nodes {
		for _, edge := range n.edges() {
			readers[edge.From]++
		}
	}
	// inner is the one node that feeds n whole, and n alone.
	inner := func(n *Node) *Node {
		edges := n.edges()
		if len(edges) != 1 || edges[0].Adapter != "" || readers[edges[0].From] > 1 || kept[edges[0].From.index] {
			return nil
		}
		return edges[0].From
	}
	for _, mean := range out.Nodes {
		elect := inner(mean)
		if elect == nil || measured[mean.index] {
			continue
		}
		if trim := inner(elect); trim != nil {
			if one, ok := stages.Fuse(trim.stage, elect.stage, mean.stage); ok {
				mean.stage, mean.feeds, mean.fused = one, trim.Slots, []*Node{trim, elect}
			}
		}
	}
	return out
}

package run

import (
	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/merge/plan"
)

// rankCut is what a node leaves out by a rank: nothing where that is as large as the rank of what flows
// in can be. It is nil for a node that brings nothing to a rank, or to one that a survey has yet to choose.
func (n *node) rankCut() *plan.RankCut {
	if n.Kind.Ends() || len(n.In) == 0 || len(n.In[0].Members) != len(n.Out.Members) || !cuts(n) {
		return nil
	}
	var ranks, most []float64
	lower := 0
	for i, member := range n.Out.Members {
		for _, m := range member.Modules {
			before, ok := n.In[0].Members[i].Find(m.Name)
			switch {
			case !ok || m.Form == adapter.Whole:
				continue
			case m.RankPending:
				return nil
			}
			of := min(m.Out(), m.In())
			if !n.In[0].Dense {
				of = min(of, before.Rank)
			}
			if m.Rank < of {
				lower++
			}
			ranks, most = append(ranks, float64(m.Rank)), append(most, float64(of))
		}
	}
	if len(ranks) == 0 {
		return nil
	}
	return &plan.RankCut{Rank: plan.RangeOf(ranks), Of: plan.RangeOf(most), Modules: lower, AllModules: len(ranks)}
}

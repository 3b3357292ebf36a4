package run

import (
	"slices"

	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/stages"
)

// combination is the node that gives a node its one adapter, where that is a linear
// combination, as deltas, of the adapters in its slot 1. Then a survey (stages.Deriver) need not see
// the one: its norm follows from the inner products of the others.
func (g *graph) combination(n *node) (stages.Linear, *node) {
	if len(n.Slots) < 2 || len(n.Slots[0]) != 1 {
		return nil, nil
	}
	by := g.from(n.Slots[0][0])
	linear, ok := by.Op.(stages.Linear)
	if !ok || !linear.IsLinear() || by.Out.Space == stages.Factors || !slices.Equal(origins(by.Slots[0]), origins(n.Slots[1])) {
		return nil, nil
	}
	return linear, by
}

// origin is one adapter that a node gives.
type origin struct {
	node    *plan.Node
	adapter string
}

// origins are those of a slot's adapters, before they were taken to another space: that
// changes no ΔW.
func origins(s plan.Slot) []origin {
	var all []origin
	for _, edge := range s {
		for i, name := range edge.From.Out.Names() {
			switch {
			case edge.Adapter != "" && edge.Adapter != name:
			case expands(edge.From):
				all = append(all, origins(edge.From.Slots[0])[i])
			default:
				all = append(all, origin{edge.From, name})
			}
		}
	}
	return all
}

// expands reports whether a stage takes factors, each adapter on its own, to another space.
func expands(n *plan.Node) bool {
	_, combines := n.Op.(stages.Combiner)
	return !combines && len(n.In) == 1 && n.In[0].Space == stages.Factors && n.Out.Space != stages.Factors
}

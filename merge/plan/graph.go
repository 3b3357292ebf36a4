package plan

import (
	"slices"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/stages"
)

// Edges are where a node's inputs come from, in the recipe's sense.
func (n *Node) Edges() []Edge { return slices.Concat(n.Slots...) }

func (n *Node) firstInput(test func(*Node) bool) *Node {
	for _, slot := range n.Slots {
		for _, edge := range slot {
			if edge.From != nil && test(edge.From) {
				return edge.From
			}
		}
	}
	return nil
}

// Upstream lists a node and all that flows into it, in the order of the plan.
func (n *Node) Upstream() []*Node {
	seen := map[*Node]bool{n: true}
	all := []*Node{n}
	for i := 0; i < len(all); i++ {
		for _, edge := range all[i].Edges() {
			if !seen[edge.From] {
				seen[edge.From] = true
				all = append(all, edge.From)
			}
		}
	}
	slices.SortFunc(all, func(x, y *Node) int { return x.Index - y.Index })
	return all
}

// Sinks are the nodes that save.
func (p *Plan) Sinks() []*Node {
	return slices.DeleteFunc(slices.Clone(p.Nodes), func(n *Node) bool { _, ok := n.Op.(stages.Sink); return !ok })
}

// Has tells whether a node's result has the module.
func (n *Node) Has(module string) bool {
	for range n.Out.At(module) {
		return true
	}
	return false
}

// Form lists the forms of the module in the members that have it; they agree.
func (n *Node) Form(module string) []adapter.Form {
	for _, m := range n.Out.At(module) {
		return []adapter.Form{m.Form}
	}
	return nil
}

// MeasureDepths finds the layers of what a node takes in.
func (n *Node) MeasureDepths() {
	if len(n.In) > 0 {
		n.Depths = stages.DepthsOf(n.In[0].Union())
	}
}

// Adapters lists those of all slots: a parameter may differ by the ones of any.
func (n *Node) Adapters() []string {
	var all []string
	for _, in := range n.In {
		all = append(all, in.Names()...)
	}
	return all
}

// Member is the one adapter that an edge brings.
func (e Edge) Member() stages.Member {
	t := e.From.Out
	if e.Adapter != "" {
		t, _ = t.Pick(e.Adapter)
	}
	return t.Members[0]
}

package run

import (
	"slices"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// graph is a plan as one run does it. The plan says what is asked and stays as it is, so
// that it can be run again, also while it runs; what surveys find and how the work is done
// belongs to the run.
type graph struct {
	nodes     []*node
	shown     map[*plan.Node]*node // the saves that write adapters for evaluators
	contrasts []contrast           // where every loss is to be measured
}

// node is a stage as a run does it: with the Op and the types that hold once surveys have
// ended. Its slots lead to the other nodes of the graph.
type node struct {
	plan.Node
	reads []plan.Slot // instead of Slots, where it does the work of the nodes before it in one pass
	fused []*node     // those nodes
	twin  bool        // not a stage of the recipe: for a comparison (contrast.go), or to show an adapter to evaluators (subject.go)
}

func newGraph(p *plan.Plan) *graph {
	g := &graph{shown: make(map[*plan.Node]*node)}
	for _, asked := range p.Nodes {
		g.enter(asked)
	}
	for _, s := range p.Scored {
		for _, shown := range slices.Concat(s.Candidates, s.Experts) {
			n := g.enter(shown.Node)
			n.twin, n.Index = true, len(g.nodes)-1
			g.shown[shown.Node] = n
		}
	}
	return g
}

// enter copies a node of the plan whose inputs have been copied.
func (g *graph) enter(asked *plan.Node) *node {
	n := &node{Node: *asked}
	n.Slots = make([]plan.Slot, len(asked.Slots))
	for s, slot := range asked.Slots {
		for _, e := range slot {
			n.Slots[s] = append(n.Slots[s], plan.Edge{From: &g.nodes[e.From.Index].Node, Reference: e.Reference})
		}
	}
	g.nodes = append(g.nodes, n)
	return n
}

// from is the node that an edge comes from.
func (g *graph) from(e plan.Edge) *node { return g.nodes[e.From.Index] }

// edgeTo leads to all that a node gives.
func edgeTo(n *node) plan.Edge {
	return plan.Edge{From: &n.Node, Reference: recipe.Reference{Position: n.Position, Stage: n.ID}}
}

// watch is a node beside the graph, at which several values are compared: it asks for them
// as a save asks for its input.
func watch(n *node, in []stages.Type, slots ...plan.Slot) *node {
	watching := &node{Node: n.Node}
	watching.Op, watching.In, watching.Slots = nil, in, slots
	return watching
}

// slotsRead are where a node's inputs come from in this run.
func (n *node) slotsRead() []plan.Slot {
	if n.reads != nil {
		return n.reads
	}
	return n.Slots
}

// sinks are the nodes that save.
func (g *graph) sinks() []*node {
	var sinks []*node
	for _, n := range g.nodes {
		if _, ok := n.Op.(stages.Sink); ok && !n.twin {
			sinks = append(sinks, n)
		}
	}
	return sinks
}

// settle gives a node the Op and the type that a survey has found, and those after it the
// types that follow: only where ranks were open do any.
func (g *graph) settle(n *node, op stages.Op, out stages.Type) error {
	out.Sources = n.Out.Sources
	opened := ranksPending(n.Out)
	n.Op, n.Out = op, out
	if !opened {
		return nil
	}
	for _, later := range g.nodes[n.Index+1:] {
		if _, source := later.Op.(stages.Source); !source {
			if err := later.bind(); err != nil {
				return err
			}
		}
	}
	return nil
}

// bind gives a node the types that its inputs have now, and an Op that works on them.
func (n *node) bind() error {
	n.In = nil
	for _, slot := range n.Slots {
		joined, err := slot.Join()
		if err != nil {
			return err
		}
		n.In = append(n.In, joined)
	}
	n.MeasureDepths()
	op, out, err := n.Kind.Bind(n.Spec())
	out.Sources = n.Out.Sources
	n.Op, n.Out = op, out
	return err
}

// ranksPending reports whether ranks of a type are still to be chosen.
func ranksPending(t stages.Type) bool {
	return slices.ContainsFunc(t.Members, func(member stages.Member) bool {
		return slices.ContainsFunc(member.Modules, func(m *adapter.Module) bool { return m.RankPending })
	})
}

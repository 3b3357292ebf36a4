package run

import (
	"iter"
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
	unwanted  map[int]bool         // nodes of which nothing is to be made, by their indexes
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
		if _, ok := n.Op.(stages.Sink); ok && !n.twin && !g.unwanted[n.Index] {
			sinks = append(sinks, n)
		}
	}
	return sinks
}

// showing are the nodes that write adapters for evaluators.
func (g *graph) showing() (out []*node) {
	for _, n := range g.nodes {
		if _, ok := n.Op.(stages.Sink); ok && n.twin {
			out = append(out, n)
		}
	}
	return out
}

// graphFor makes nothing but what is shown to evaluators, unless outputs are asked for.
func graphFor(p *plan.Plan, ask Ask) *graph {
	g := newGraph(p)
	if ask.outputs {
		return g
	}
	g.unwanted = make(map[int]bool)
	for _, n := range g.nodes {
		g.unwanted[n.Index] = true
	}
	for _, shown := range g.showing() {
		for _, n := range shown.Upstream() {
			g.unwanted[n.Index] = false
		}
	}
	return g
}

// surveyors are the nodes that must see whole adapters first, with what they begin with.
func (g *graph) surveyors() iter.Seq2[*node, stages.Survey] {
	return func(yield func(*node, stages.Survey) bool) {
		for _, n := range g.nodes {
			surveyor, ok := n.Op.(stages.Surveyor)
			if !ok || g.unwanted[n.Index] {
				continue
			}
			if survey := surveyor.Survey(); survey != nil && !yield(n, survey) {
				return
			}
		}
	}
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

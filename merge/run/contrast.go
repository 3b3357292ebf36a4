package run

import (
	"slices"

	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// contrast pairs a merge of A and B separately that is not linear, so that cross terms say
// nothing of it, with a twin in which the same steps work on ΔW.
type contrast struct {
	merge, twin *node
	steps       []string // the verbs that the twin does on ΔW
	random      bool     // one of them draws anew, since a ΔW has a random stream of its own
}

// contrast adds a twin of every such merge after the graph's own nodes, if all is to be
// measured. Surveys, memory and interrupts are those of any node.
func (g *graph) contrast(how Measure) {
	if how != MeasureAll {
		return
	}
	for _, n := range g.nodes {
		linear, known := n.Op.(stages.Linear)
		if !n.Crosses() || known && linear.IsLinear() {
			continue
		}
		t := twins{g, make(map[int]*node)}
		if twin, ok := t.remade(n); ok {
			g.contrasts = append(g.contrasts, t.contrast(n, twin))
		}
	}
}

// twins are the nodes that one contrast adds to a graph, by the index of what they are twins of.
type twins struct {
	*graph
	known map[int]*node
}

// of gives a node its twin on ΔW. Before the first stage that leaves elements out, and
// where a stage can't work on ΔW, that is what the node gives, multiplied out.
func (t twins) of(n *node) *node {
	if known := t.known[n.Index]; known != nil {
		return known
	}
	if t.thins(n) {
		if twin, ok := t.remade(n); ok {
			return twin
		}
	}
	twin := &node{Node: plan.Node{Stage: stages.ToDeltas(n.Position, n.ID), ID: n.ID, Recipe: n.Recipe, Slots: []plan.Slot{{edgeTo(n)}}}}
	if !t.add(n, twin) {
		panic("merge: stage " + n.ID + " has no deltas")
	}
	return twin
}

// thins reports whether a node maps n adapters to n in factors and elements have been left out
// by it, or by a stage before it.
func (g *graph) thins(n *node) bool {
	if _, combines := n.Op.(stages.Combiner); combines || len(n.Slots) == 0 || n.Out.Space != stages.Factors || n.In[0].Space != stages.Factors {
		return false
	}
	return n.Kind.Thins || slices.ContainsFunc(n.Slots[0], func(e plan.Edge) bool { return g.thins(g.from(e)) })
}

// remade is the same stage on the twins of its inputs.
func (t twins) remade(n *node) (*node, bool) {
	twin := &node{Node: plan.Node{Stage: stages.OnDeltas(n.Stage), ID: n.ID, Recipe: n.Recipe}}
	for _, slot := range n.Slots {
		var twinned plan.Slot
		for _, edge := range slot {
			edge.From = &t.of(t.from(edge)).Node
			twinned = append(twinned, edge)
		}
		twin.Slots = append(twin.Slots, twinned)
	}
	return twin, t.add(n, twin)
}

// add binds the twin and puts it at the end of the graph.
func (t twins) add(n, twin *node) bool {
	twin.Kind, _ = stages.Find(twin.Verb.Name)
	twin.twin, twin.Index = true, len(t.nodes)
	if twin.bind() != nil {
		return false
	}
	t.nodes = append(t.nodes, twin)
	t.known[n.Index] = twin
	return true
}

// contrast says which steps the twins do.
func (t twins) contrast(merge, twin *node) contrast {
	c := contrast{merge: merge, twin: twin}
	leads := twin.Upstream()
	for _, n := range t.nodes {
		if twin := t.known[n.Index]; twin != nil && twin.Kind == n.Kind && slices.Contains(leads, &twin.Node) {
			c.steps = append(c.steps, n.Kind.Name)
			c.random = c.random || n.Kind.Random != nil && n.Kind.Random(n.Params)
		}
	}
	c.steps = slices.Compact(c.steps)
	return c
}

// watching is where a contrast is measured.
type watching struct {
	at *node
	contrast
}

// watchings are those of a graph whose surveys have ended.
func (g *graph) watchings() []*watching {
	var out []*watching
	for _, c := range g.contrasts {
		watched := watch(c.merge, []stages.Type{c.merge.Out.Pairs(), c.twin.Out}, plan.Slot{edgeTo(c.merge)}, plan.Slot{edgeTo(c.twin)})
		out = append(out, &watching{watched, c})
	}
	return out
}

// observe compares at a module.
func (c *watching) observe(m *measures, site recipe.Site, in []stages.Value) {
	m.add(loss{c.merge, stages.StepsError(site.Module, c.at.In[0], c.at.In[1], in[0], in[1])})
}

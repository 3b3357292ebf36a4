package run

import (
	"slices"

	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// withContrasts is the plan with a twin of every such merge behind its own nodes, if all is
// to be measured. Surveys, memory and interrupts are those of any node.
func withContrasts(p *plan.Plan, how Measure) *plan.Plan {
	if how != MeasureAll {
		return p
	}
	out := copyOf(p)
	for _, n := range p.Nodes {
		linear, known := n.Op.(stages.Linear)
		if !n.Crosses() || known && linear.IsLinear() {
			continue
		}
		t := twins{out, make(map[*plan.Node]*plan.Node)}
		if twin, ok := t.remade(out.Nodes[n.Index]); ok {
			out.Contrasts = append(out.Contrasts, t.contrast(n.Index, twin))
		}
	}
	return out
}

// twins are the nodes that one contrast adds to a plan.
type twins struct {
	*plan.Plan
	known map[*plan.Node]*plan.Node
}

// of gives a node its twin on ΔW. Before the first stage that leaves elements out, and
// where a stage can't work on ΔW, that is what the node gives, multiplied out.
func (t twins) of(n *plan.Node) *plan.Node {
	if known := t.known[n]; known != nil {
		return known
	}
	if thins(n) {
		if twin, ok := t.remade(n); ok {
			return twin
		}
	}
	twin := &plan.Node{Stage: stages.ToDeltas(n.Position, n.ID), ID: n.ID, Recipe: n.Recipe, Slots: []plan.Slot{{edgeTo(n)}}}
	if !t.add(n, twin) {
		panic("merge: stage " + n.ID + " has no deltas")
	}
	return twin
}

func edgeTo(n *plan.Node) plan.Edge {
	return plan.Edge{From: n, Reference: recipe.Reference{Position: n.Position, Stage: n.ID}}
}

// thins tells of a stage in factors, from n adapters to n, by which elements have been left
// out: by itself or by one before it.
func thins(n *plan.Node) bool {
	if _, combines := n.Op.(stages.Combiner); combines || len(n.Slots) == 0 || n.Out.Space != stages.Factors || n.In[0].Space != stages.Factors {
		return false
	}
	return n.Kind.Thins || slices.ContainsFunc(n.Slots[0], func(e plan.Edge) bool { return thins(e.From) })
}

// remade is the same stage after the twins of those that it takes in.
func (t twins) remade(n *plan.Node) (*plan.Node, bool) {
	twin := &plan.Node{Stage: stages.OnDeltas(n.Stage), ID: n.ID, Recipe: n.Recipe}
	for _, slot := range n.Slots {
		var twinned plan.Slot
		for _, edge := range slot {
			edge.From = t.of(edge.From)
			twinned = append(twinned, edge)
		}
		twin.Slots = append(twin.Slots, twinned)
	}
	return twin, t.add(n, twin)
}

// add checks the twin and puts it at the end of the plan.
func (t twins) add(n, twin *plan.Node) bool {
	twin.Kind, _ = stages.Find(twin.Verb.Name)
	twin.Beside, twin.Index = true, len(t.Nodes)
	if retype(t.Plan, twin) != nil {
		return false
	}
	t.Nodes = append(t.Nodes, twin)
	t.known[n] = twin
	return true
}

// contrast tells which steps the twins do.
func (t twins) contrast(merge int, twin *plan.Node) plan.Contrast {
	c := plan.Contrast{Merge: merge, Twin: twin.Index}
	leads := twin.Upstream()
	for _, n := range t.Nodes {
		if twin := t.known[n]; twin != nil && twin.Kind == n.Kind && slices.Contains(leads, twin) {
			c.Steps = append(c.Steps, n.Kind.Name)
			c.Random = c.Random || n.Kind.Random != nil && n.Kind.Random(n.Params)
		}
	}
	c.Steps = slices.Compact(c.Steps)
	return c
}

// watching is where a contrast is measured: a node beside the plan with two inputs, what
// came out and what comes out on ΔW.
type watching struct {
	*plan.Node
	merge *plan.Node
	plan.Contrast
}

// watchingsOf are those of a plan that has its twins.
func watchingsOf(p *plan.Plan) []*watching {
	var out []*watching
	for _, c := range p.Contrasts {
		merge, twin := p.Nodes[c.Merge], p.Nodes[c.Twin]
		watched := *merge
		watched.Op, watched.Feeds, watched.Fused = nil, nil, nil
		watched.In = []stages.Type{merge.Out.Pairs(), twin.Out}
		watched.Slots = []plan.Slot{{edgeTo(merge)}, {edgeTo(twin)}}
		out = append(out, &watching{&watched, merge, c})
	}
	return out
}

// observe compares at a module.
func (w *watching) observe(m *measures, site recipe.Site, in []stages.Value) {
	m.add(loss{w.merge, stages.StepsError(site.Module, w.In[0], w.In[1], in[0], in[1])})
}

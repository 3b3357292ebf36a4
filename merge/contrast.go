package merge

import (
	"slices"

	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// contrast pairs a merge of A and B apart that is not linear, so that no cross terms can be
// told, with a twin in which the same steps work on what the adapters do, ΔW.
type contrast struct {
	merge, twin int      // nodes, by index
	steps       []string // the verbs that the twin does on ΔW
	random      bool     // one of them draws anew, since a ΔW has a random stream of its own
}

// withContrasts is the plan with a twin of every such merge behind its own nodes, if all is
// to be measured. Surveys, memory and interrupts are those of any node.
func (p *Plan) withContrasts(how Measure) *Plan {
	if how != MeasureAll {
		return p
	}
	out := p.copy()
	for _, n := range p.Nodes {
		linear, known := n.stage.(stages.Linear)
		if !n.crosses() || known && linear.IsLinear() {
			continue
		}
		t := twins{out, make(map[*Node]*Node)}
		if twin, ok := t.remade(out.Nodes[n.index]); ok {
			out.contrasts = append(out.contrasts, t.contrast(n.index, twin))
		}
	}
	return out
}

// twins are the nodes that one contrast adds to a plan.
type twins struct {
	*Plan
	known map[*Node]*Node
}

// of gives a node its twin on ΔW. Before the first stage that leaves elements out, and
// where a stage can't work on ΔW, that is what the node gives, multiplied out.
func (t twins) of(n *Node) *Node {
	if known := t.known[n]; known != nil {
		return known
	}
	if n.thins() {
		if twin, ok := t.remade(n); ok {
			return twin
		}
	}
	twin := &Node{Stage: stages.ToDeltas(n.Position, n.Name), Name: n.Name, in: n.in, Slots: []Slot{{edgeTo(n)}}}
	if !t.add(n, twin) {
		panic("merge: stage " + n.Name + " has no deltas")
	}
	return twin
}

func edgeTo(n *Node) Edge {
	return Edge{From: n, Reference: recipe.Reference{Position: n.Position, Stage: n.Name}}
}

// thins tells of a stage in factors, from n adapters to n, by which elements have been left
// out: by itself or by one before it.
func (n *Node) thins() bool {
	if _, combines := n.stage.(stages.Combiner); combines || len(n.Slots) == 0 || n.Out.Space != stages.Factors || n.In[0].Space != stages.Factors {
		return false
	}
	return n.Kind.Thins || slices.ContainsFunc(n.Slots[0], func(e Edge) bool { return e.From.thins() })
}

// remade is the same stage after the twins of those that it takes in.
func (t twins) remade(n *Node) (*Node, bool) {
	twin := &Node{Stage: stages.OnDeltas(n.Stage), Name: n.Name, in: n.in}
	for _, slot := range n.Slots {
		var twinned Slot
		for _, edge := range slot {
			edge.From = t.of(edge.From)
			twinned = append(twinned, edge)
		}
		twin.Slots = append(twin.Slots, twinned)
	}
	return twin, t.add(n, twin)
}

// add checks the twin and puts it at the end of the plan.
func (t twins) add(n, twin *Node) bool {
	twin.Kind, _ = stages.Find(twin.Verb.Name)
	twin.beside, twin.index = true, len(t.Nodes)
	if t.retype(twin) != nil {
		return false
	}
	t.Nodes = append(t.Nodes, twin)
	t.known[n] = twin
	return true
}

// contrast tells which steps the twins do.
func (t twins) contrast(merge int, twin *Node) contrast {
	c := contrast{merge: merge, twin: twin.index}
	leads := twin.upstream()
	for _, n := range t.Nodes {
		if twin := t.known[n]; twin != nil && twin.Kind == n.Kind && slices.Contains(leads, twin) {
			c.steps = append(c.steps, n.Kind.Name)
			c.random = c.random || n.Kind.Random != nil && n.Kind.Random(n.Params)
		}
	}
	c.steps = slices.Compact(c.steps)
	return c
}

// watching is where a contrast is measured: a node beside the plan with two inputs, what
// came out and what comes out on ΔW.
type watching struct {
	*Node
	merge *Node
	contrast
}

// watchings are those of a plan that has its twins.
func (p *Plan) watchings() []*watching {
	var out []*watching
	for _, c := range p.contrasts {
		merge, twin := p.Nodes[c.merge], p.Nodes[c.twin]
		watched := *merge
		watched.stage, watched.feeds, watched.fused = nil, nil, nil
		watched.In = []stages.Type{merge.Out.Pairs(), twin.Out}
		watched.Slots = []Slot{{edgeTo(merge)}, {edgeTo(twin)}}
		out = append(out, &watching{&watched, merge, c})
	}
	return out
}

// observe compares at a module.
func (w *watching) observe(m *measures, site recipe.Site, in []stages.Value) {
	m.add(loss{w.merge, stages.StepsError(site.Module, w.In[0], w.In[1], in[0], in[1])})
}

package run

import (
	"slices"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/stages"
)

// sizings are those of every merge that is saved: of every stage that makes one adapter of
// several, and each end to which what it makes is brought.
func (g *graph) sizings(how Measure) []*sizing {
	if how == MeasureNone {
		return nil
	}
	saved, readers := g.saved(), g.readers()
	var out []*sizing
	for _, n := range g.nodes {
		if _, combines := n.Op.(stages.Combiner); !combines || !saved[n] || len(n.In[0].Members) < 2 {
			continue
		}
		for _, end := range endsAt(n, readers) {
			if saved[end] {
				out = append(out, g.sizingOf(n, end, readers[end]))
			}
		}
	}
	if how != MeasureAll {
		g.sample(out)
	}
	return slices.DeleteFunc(out, func(s *sizing) bool { return len(s.at.In[0].Members[0].Modules)+len(s.found) == 0 })
}

// saved are the nodes that flow into a save.
func (g *graph) saved() map[*node]bool {
	saved := make(map[*node]bool)
	for _, n := range slices.Backward(g.nodes) {
		if _, sink := n.Op.(stages.Sink); sink || saved[n] {
			saved[n] = true
			for _, edge := range n.Edges() {
				saved[g.from(edge)] = true
			}
		}
	}
	return saved
}

// readers are the nodes whose main input comes from a node.
func (g *graph) readers() map[*node][]*node {
	readers := make(map[*node][]*node)
	for _, n := range g.nodes {
		if len(n.Slots) > 0 && !n.twin {
			for _, edge := range n.Slots[0] {
				from := g.from(edge)
				readers[from] = append(readers[from], n)
			}
		}
	}
	return readers
}

// endsAt are the nodes up to which one adapter is changed alone, and is not cut to a rank.
func endsAt(n *node, readers map[*node][]*node) []*node {
	var ends []*node
	for _, reader := range readers[n] {
		if changesOne(reader) {
			ends = append(ends, endsAt(reader, readers)...)
		} else if !slices.Contains(ends, n) {
			ends = append(ends, n)
		}
	}
	return ends
}

// changesOne reports whether a stage takes one adapter, gives another, and does not cut it.
func changesOne(n *node) bool {
	_, combines := n.Op.(stages.Combiner)
	return !n.Kind.Ends() && !combines && len(n.In[0].Members) == 1 && !cuts(n)
}

// cuts reports whether a stage brings an adapter to factors, or to a lower rank.
func cuts(n *node) bool {
	if n.In[0].Space != n.Out.Space {
		return n.Out.Space == stages.Factors
	}
	for _, m := range n.Out.Members[0].Modules {
		if before, ok := n.In[0].Members[0].Find(m.Name); ok && m.Form != adapter.Whole && m.Rank < before.Rank {
			return true
		}
	}
	return false
}

// lowers reports whether a stage cuts an adapter to a rank at which something may be lost.
func lowers(n *node) bool {
	if !cuts(n) {
		return false
	}
	for _, m := range n.Out.Members[0].Modules {
		if before, ok := n.In[0].Members[0].Find(m.Name); ok && m.Form != adapter.Whole && (m.Rank < before.Rank || n.In[0].Dense) {
			return true
		}
	}
	return false
}

// typeOf is what edges of one adapter each bring.
func typeOf(edges []plan.Edge) stages.Type {
	out := stages.Type{Space: edges[0].From.Out.Space}
	for _, edge := range edges {
		out.Members = append(out.Members, edge.Member())
		out.Dense = out.Dense || edge.From.Out.Dense
	}
	return out
}

func (g *graph) sizingOf(n *node, end *node, readers []*node) *sizing {
	thinner, adapters := n.Slots[0].Whole()
	pairs := end.Out.Pairs()
	types, slots := []stages.Type{pairs, typeOf(adapters)}, []plan.Slot{{edgeTo(end)}, adapters}
	own := slices.Clone(adapters)
	for i, edge := range own {
		own[i] = edge.OutOfCore()
	}
	var cuts []*node
	for _, reader := range readers {
		if lowers(reader) && !typeOf(own).Dense {
			cuts = append(cuts, reader)
		}
	}
	if len(cuts) > 0 {
		types, slots = append(types, typeOf(own)), append(slots, own)
	}
	for _, cut := range cuts {
		types, slots = append(types, cut.Out.Pairs()), append(slots, plan.Slot{edgeTo(cut)})
	}
	watched := watch(end, types, slots...)
	if n.Origin != nil && end.Origin == n.Origin && end.Recipe == n.Recipe {
		watched.ID = n.Recipe.Prefix + n.Origin.Name // as its author calls it
	}
	s := &sizing{at: watched, sized: g.isSized(n, end), merge: n, thinner: thinner, all: len(pairs.Members[0].Modules), cuts: cuts, found: make(map[string]measured)}
	if sizer, ok := end.Op.(stages.Sizer); ok && len(end.Slots) > 1 && slices.Equal(origins(adapters), origins(end.Slots[1])) {
		s.surveyed = sizer
	}
	return s
}

// isSized reports whether a stage after n, up to an end of it, brings the result to a size.
func (g *graph) isSized(n, end *node) bool {
	for ; end != n; end = g.from(end.Slots[0][0]) {
		if _, sizer := end.Op.(stages.Sizer); sizer {
			return true
		}
	}
	return false
}

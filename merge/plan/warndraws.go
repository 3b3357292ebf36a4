package plan

import (
	"fmt"
	"slices"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/stages"
)

// warnOfSharedDraws warns of two stages that draw for adapters of one name from one random
// stream, and whose results meet: where one drops an element, so does the other, unlike
// independent draws.
func (p *Plan) warnOfSharedDraws() {
	var drawing []*Node
	for _, n := range p.Nodes {
		if drawer, ok := n.Op.(stages.Drawer); ok && len(drawer.Streams()) > 0 {
			drawing = append(drawing, n)
		}
	}
	for i, n := range drawing {
		for _, before := range drawing[:i] {
			name := sharedDraw(before, n)
			if name == "" || !p.meet(before, n) {
				continue
			}
			p.warn(n, fault.At(n.Position, "%q is dropped from here and in stage %q at the same elements: the random elements depend on an adapter's name and the seed", name, before.ID).
				Mend(fmt.Sprintf("load one %q under another name, or give one of the stages another `seed`", name)).See("shared-draws"))
		}
	}
}

// sharedDraw is the name of the first adapter for which both draw from one stream, or empty.
func sharedDraw(x, y *Node) string {
	streams := x.Op.(stages.Drawer).Streams()
	for i, stream := range y.Op.(stages.Drawer).Streams() {
		at := slices.Index(streams, stream)
		if at < 0 {
			continue
		}
		one, other := x.In[0].Members[at], y.In[0].Members[i]
		for _, m := range one.Modules {
			if _, both := other.Find(m.Name); both {
				return other.Name
			}
		}
	}
	return ""
}

// meet reports whether some node is made from the results of both.
func (p *Plan) meet(x, y *Node) bool {
	return slices.ContainsFunc(p.Nodes, func(n *Node) bool {
		leads := n.Upstream()
		return n != x && n != y && slices.Contains(leads, x) && slices.Contains(leads, y)
	})
}

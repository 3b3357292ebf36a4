package run

import (
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/stages"
)

// usage are what one module takes on its way through a graph.
type usage struct {
	held, most int64 // bytes of values and scratch: now, and at the worst moment
	heaviest   *node // whose moment that is
	read       int64 // bytes read from the inputs
}

// costsOf follows one module through a graph without computing. A target's scratch counts
// too: a survey works on its inputs as the stage itself does.
func (g *graph) usageOf(targets []*node, module string) *usage {
	c := &usage{}
	var w *walk
	w = g.walk(module, func(n *node) error {
		if err := w.inputs(n); err != nil {
			return err
		}
		if _, ok := n.Op.(stages.Source); ok {
			c.read += plan.StoredBytes(n.Out, module)
		}
		c.add(n, module, n.Out.Bytes(module))
		return nil
	}, func(n *node) { c.held -= n.Out.Bytes(module) })
	if err := w.visit(targets, func(n *node) error { c.add(n, module, 0); return nil }); err != nil {
		panic("merge: sizes have no errors: " + err.Error())
	}
	return c
}

// add counts what a stage makes, and for the moment what it makes that in.
func (c *usage) add(n *node, module string, made int64) {
	var scratch int64
	if s, ok := n.Op.(stages.Scratcher); ok {
		scratch = s.Scratch(module)
	}
	c.held += made
	if now := c.held + scratch; now > c.most {
		c.most, c.heaviest = now, n
	}
}

package run

import (
	"slices"

	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/stages"
)

// costsOf follows one module through the graph without computing. A target's scratch
// counts too: a survey works on its inputs as the stage itself does.
func costsOf(p *plan.Plan, targets []*plan.Node, module string) *costing {
	c := &costing{module: module, asks: make([]int, len(p.Nodes)), known: make([]bool, len(p.Nodes)), sizes: make([]int64, len(p.Nodes))}
	for _, n := range targets {
		c.ask(n)
	}
	for _, n := range targets {
		c.inputs(n)
		c.hold(n, 0)
		c.drop(n)
	}
	return c
}

// costing mirrors evaluation, with sizes for values.
type costing struct {
	module     string
	asks       []int
	known      []bool
	sizes      []int64    // of the values that are known, in bytes
	held, most int64      // bytes of values and scratch: now, and at the worst moment
	heaviest   *plan.Node // whose moment that is
	read       int64      // bytes read from the inputs
}

func (c *costing) ask(n *plan.Node) {
	for _, edge := range slices.Concat(slotsRead(n)...) {
		if from := edge.From; from.Holds(c.module) {
			if c.asks[from.Index]++; c.asks[from.Index] == 1 {
				c.ask(from)
			}
		}
	}
}

func (c *costing) inputs(n *plan.Node) {
	for _, edge := range slices.Concat(slotsRead(n)...) {
		if from := edge.From; from.Holds(c.module) && !c.known[from.Index] {
			c.compute(from)
		}
	}
}

func (c *costing) compute(n *plan.Node) {
	c.inputs(n)
	if _, ok := n.Op.(stages.Source); ok {
		c.read += plan.StoredBytes(n.Out, c.module)
	}
	c.sizes[n.Index] = n.Out.Bytes(c.module)
	c.hold(n, c.sizes[n.Index])
	c.known[n.Index] = true
	c.drop(n)
}

// hold counts what a stage makes, and for the moment what it makes that in.
func (c *costing) hold(n *plan.Node, made int64) {
	var scratch int64
	if s, ok := n.Op.(stages.Scratcher); ok {
		scratch = s.Scratch(c.module, n.In)
	}
	c.held += made
	if now := c.held + scratch; now > c.most {
		c.most, c.heaviest = now, n
	}
}

func (c *costing) drop(n *plan.Node) {
	for _, edge := range slices.Concat(slotsRead(n)...) {
		if from := edge.From; from.Holds(c.module) {
			if c.asks[from.Index]--; c.asks[from.Index] == 0 {
				c.held -= c.sizes[from.Index]
			}
		}
	}
}

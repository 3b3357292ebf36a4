package merge

import (
	"slices"

	"github.com/loramerge/loramerge/stages"
)

// costs follows one module through the graph without computing. A target's scratch
// counts too: a survey works on its inputs as the stage itself does.
func (p *Plan) costs(targets []*Node, module string) *costing {
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
	sizes      []int64 // of the values that are known, in bytes
	held, most int64   // bytes of values and scratch: now, and at the worst moment
	heaviest   *Node   // whose moment that is
	read       int64   // bytes read from the inputs
}

func (c *costing) ask(n *Node) {
	for _, edge := range slices.Concat(n.reads()...) {
		if from := edge.From; from.holds(c.module) {
			if c.asks[from.index]++; c.asks[from.index] == 1 {
				c.ask(from)
			}
		}
	}
}

func (c *costing) inputs(n *Node) {
	for _, edge := range slices.Concat(n.reads()...) {
		if from := edge.From; from.holds(c.module) && !c.known[from.index] {
			c.compute(from)
		}
	}
}

func (c *costing) compute(n *Node) {
	c.inputs(n)
	if _, ok := n.stage.(stages.Source); ok {
		c.read += storedBytes(n.Out, c.module)
	}
	c.sizes[n.index] = n.Out.Bytes(c.module)
	c.hold(n, c.sizes[n.index])
	c.known[n.index] = true
	c.drop(n)
}

// hold counts what a stage makes, and for the moment what it makes that in.
func (c *costing) hold(n *Node, made int64) {
	var scratch int64
	if s, ok := n.stage.(stages.Scratcher); ok {
		scratch = s.Scratch(c.module, n.In)
	}
	c.held += made
	if now := c.held + scratch; now > c.most {
		c.most, c.heaviest = now, n
	}
}

func (c *costing) drop(n *Node) {
	for _, edge := range slices.Concat(n.reads()...) {
		if from := edge.From; from.holds(c.module) {
			if c.asks[from.index]--; c.asks[from.index] == 0 {
				c.held -= c.sizes[from.index]
			}
		}
	}
}

package merge

import (
	"slices"

	"github.com/loramerge/loramerge/stages"
)

// costs follows one module through the graph without computing: the most bytes that
// values and scratch hold at once, and the bytes read from the inputs.
func (p *Plan) costs(targets []*Node, module string) (memory, read int64) {
	c := &costing{module: module, asks: make([]int, len(p.Nodes)), known: make([]bool, len(p.Nodes))}
	for _, n := range targets {
		c.ask(n)
	}
	for _, n := range targets {
		c.inputs(n)
		c.drop(n)
	}
	return c.most, c.read
}

// costing mirrors evaluation, with sizes for values.
type costing struct {
	module     string
	asks       []int
	known      []bool
	held, most int64
	read       int64
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
	var scratch int64
	if s, ok := n.stage.(stages.Scratcher); ok {
		scratch = s.Scratch(c.module, n.In)
	}
	if _, ok := n.stage.(stages.Source); ok {
		c.read += storedBytes(n.Out, c.module)
	}
	c.held += n.Out.Bytes(c.module)
	c.most = max(c.most, c.held+scratch)
	c.known[n.index] = true
	c.drop(n)
}

func (c *costing) drop(n *Node) {
	for _, edge := range slices.Concat(n.reads()...) {
		if from := edge.From; from.holds(c.module) {
			if c.asks[from.index]--; c.asks[from.index] == 0 {
				c.held -= from.Out.Bytes(c.module)
			}
		}
	}
}

// storedBytes is what the module takes on disk, in all members.
func storedBytes(t stages.Type, module string) int64 {
	var sum int64
	for _, member := range t.Members {
		if m, ok := member.Find(module); ok {
			for _, tensor := range m.Tensors() {
				sum += int64(tensor.Elements()) * int64(tensor.DType.Bits()) / 8
			}
		}
	}
	return sum
}

// overhead is what the program itself and a little garbage between collections take.
const overhead = 32 << 20

// Peak is the memory, in bytes, that a run with that many jobs needs at most, as far
// as the budget allows so many modules at once.
func (p *Plan) Peak(jobs int, budget int64) int64 {
	var most int64
	for _, w := range p.work(p.sinks(), false) {
		most = max(most, w.memory)
	}
	return overhead + min(max(budget, most), most*int64(jobs))
}

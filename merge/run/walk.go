package run

import "iter"

// walk takes one module through a graph. A node's value is made once, when the first edge
// asks for it, and released when the last edge has got it. A run walks with values
// (compute.go) and a plan with sizes (work.go), so that the memory that is promised is the
// memory that is used.
type walk struct {
	graph   *graph
	module  string
	asks    []int  // how many edges still ask for a node's value
	made    []bool // by node
	has     []presence
	compute func(*node) error
	free    func(*node)
}

func (g *graph) walk(module string, compute func(*node) error, free func(*node)) *walk {
	return &walk{g, module, make([]int, len(g.nodes)), make([]bool, len(g.nodes)), make([]presence, len(g.nodes)), compute, free}
}

// presence is whether a node's result has the module, once that was asked. An edge is followed
// several times, and each answer is a search among all the names.
type presence uint8

const (
	unasked presence = iota
	present
	absent
)

func (w *walk) hasModule(n *node) bool {
	if w.has[n.Index] == unasked {
		w.has[n.Index] = absent
		if n.Has(w.module) {
			w.has[n.Index] = present
		}
	}
	return w.has[n.Index] == present
}

// visit makes the inputs of each target, then calls see.
func (w *walk) visit(targets []*node, see func(*node) error) error {
	for _, target := range targets {
		w.ask(target)
	}
	for _, target := range targets {
		if err := w.inputs(target); err != nil {
			return err
		}
		if err := see(target); err != nil {
			return err
		}
		w.drop(target)
	}
	return nil
}

// inputsOf are the nodes that a node's edges come from, as far as they have the module.
func (w *walk) inputsOf(n *node) iter.Seq[*node] {
	return func(yield func(*node) bool) {
		for _, slot := range n.slotsRead() {
			for _, edge := range slot {
				if from := w.graph.from(edge); w.hasModule(from) && !yield(from) {
					return
				}
			}
		}
	}
}

// ask counts the edges below a node that will ask for a value.
func (w *walk) ask(n *node) {
	for from := range w.inputsOf(n) {
		if w.asks[from.Index]++; w.asks[from.Index] == 1 {
			w.ask(from)
		}
	}
}

// inputs makes the values of a node's inputs.
func (w *walk) inputs(n *node) error {
	for from := range w.inputsOf(n) {
		if w.made[from.Index] {
			continue
		}
		if err := w.compute(from); err != nil {
			return err
		}
		w.made[from.Index] = true
		w.drop(from)
	}
	return nil
}

// drop releases a node's claim on its inputs. An input that was never made, because the node's
// value came from the cache, gives up its own inputs.
func (w *walk) drop(n *node) {
	for from := range w.inputsOf(n) {
		if w.asks[from.Index]--; w.asks[from.Index] > 0 {
			continue
		}
		if w.made[from.Index] {
			w.free(from)
			w.made[from.Index] = false
		} else {
			w.drop(from)
		}
	}
}

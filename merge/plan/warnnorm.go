package plan

import (
	"slices"
	"strings"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// warnOfThinned warns of every `norm: inputs` whose inputs are no longer the loaded adapters,
// because elements were left out on the way: then what is left is measured.
func (p *Plan) warnOfThinned() {
	for _, n := range p.Nodes {
		sizer, ok := n.Op.(stages.Sizer)
		if !ok {
			continue
		}
		at, ofInputs := sizer.OfInputs()
		if !ofInputs {
			continue
		}
		thinner, whole := n.Slots[1].Whole()
		if thinner == nil {
			continue
		}
		p.warn(n, fault.At(at, "`norm: inputs` measures what %q has left of the adapters, not the adapters", thinner.ID).
			Mend("to bring it to the size of the adapters themselves, remove `norm: inputs` and add the stage `"+stages.SizedLine(n.Origin.Name, InputsText(whole), n.Stage)+"`").See("size"))
	}
}

// byAdapter is a slot's edges, one for every adapter that they bring.
func (s Slot) byAdapter() []Edge {
	var out []Edge
	for _, edge := range s {
		for _, name := range edge.From.Out.Names() {
			one := edge
			if edge.Adapter != "" && edge.Adapter != name {
				continue
			}
			if len(edge.From.Out.Members) > 1 {
				one.Adapter = name
			}
			out = append(out, one)
		}
	}
	return out
}

// Whole follows a slot's adapters back past the stages that leave elements out, and gives
// the nearest such stage, nil if there is none, and each adapter before the first.
func (s Slot) Whole() (thinner *Node, adapters []Edge) {
	for _, edge := range s.byAdapter() {
		found, before := edge.whole()
		if thinner == nil {
			thinner = found
		}
		adapters = append(adapters, before)
	}
	return thinner, adapters
}

// whole is that of the edge of one adapter. Stages from n to n keep the adapters' order.
func (e Edge) whole() (thinner *Node, before Edge) {
	from := e.From
	if _, combines := from.Op.(stages.Combiner); combines || len(from.Slots) == 0 {
		return nil, e
	}
	at := 0
	if e.Adapter != "" {
		at = slices.Index(from.Out.Names(), e.Adapter)
	}
	thinner, before = from.Slots[0].byAdapter()[at].whole()
	switch {
	case from.Kind.Thins:
		return from, before
	case thinner == nil:
		return nil, e
	}
	return thinner, before
}

// OutOfCore follows the edge of one adapter back to where it was taken into the core space.
func (e Edge) OutOfCore() Edge {
	from := e.From
	if _, combines := from.Op.(stages.Combiner); combines || from.Out.Space != stages.Core || len(from.Slots) == 0 {
		return e
	}
	at := 0
	if e.Adapter != "" {
		at = slices.Index(from.Out.Names(), e.Adapter)
	}
	return from.Slots[0].byAdapter()[at].OutOfCore()
}

// InputsText writes adapters as the inputs of a stage, all that a stage gives by its name.
func InputsText(adapters []Edge) string {
	var names []string
	for i := 0; i < len(adapters); i++ {
		edge := adapters[i]
		if all := (Slot{{From: edge.From, Reference: recipe.Reference{Stage: edge.Stage}}}).byAdapter(); len(all) > 1 && i+len(all) <= len(adapters) &&
			slices.EqualFunc(all, adapters[i:i+len(all)], func(x, y Edge) bool { return x.From == y.From && x.Adapter == y.Adapter }) {
			edge.Adapter = ""
			i += len(all) - 1
		}
		names = append(names, edge.Reference.String())
	}
	if len(names) == 1 {
		return names[0]
	}
	return "[" + strings.Join(names, ", ") + "]"
}

package merge

import (
	"fmt"
	"slices"

	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// warnOfThinned tells of every `norm: inputs` whose inputs are no longer the adapters that
// were loaded, since elements were left out on the way: it is what is left that is measured.
func (p *Plan) warnOfThinned() {
	for _, n := range p.Nodes {
		sizer, ok := n.stage.(stages.Sizer)
		if !ok || !sizer.OfInputs() {
			continue
		}
		thinner, whole := n.whole(n.Slots[1])
		if thinner == nil {
			continue
		}
		written := n.Origin
		p.Warnings = append(p.Warnings, recipe.Mistakef(written.Params.At("norm"),
			fmt.Sprintf("to bring it to the size of the adapters themselves, remove `norm: inputs` and add the stage `%s_sized: {rescale: %s, like: %s, norm: mean-of-norms, scope: adapter, interference: 0.4%s}`",
				written.Name, written.Name, inputsText(whole), n.weightsText()),
			"`norm: inputs` measures what %q has left of the adapters, not the adapters", thinner.Name).See("size"))
	}
}

// weightsText writes the weights as they stand in the recipe, if anybody wrote any.
func (n *Node) weightsText() string {
	if !n.Params.Has("weights") {
		return ""
	}
	return ", weights: " + n.Params.Texts()["weights"]
}

// whole follows edges back past the stages that leave elements out, and gives the nearest
// such stage, nil if there is none, and the adapters before the first.
func (n *Node) whole(slot Slot) (thinner *Node, refs []recipe.Reference) {
	for _, edge := range slot {
		found, before := edge.whole()
		if thinner == nil {
			thinner = found
		}
		for _, ref := range before {
			if !slices.ContainsFunc(refs, func(r recipe.Reference) bool { return r.String() == ref.String() }) {
				refs = append(refs, ref)
			}
		}
	}
	return thinner, refs
}

func (e Edge) whole() (thinner *Node, refs []recipe.Reference) {
	from := e.From
	if _, combines := from.stage.(stages.Combiner); combines || len(from.Slots) == 0 {
		return nil, []recipe.Reference{e.Reference}
	}
	slot := from.Slots[0]
	if e.Adapter != "" {
		slot = slot.picking(e.Adapter)
	}
	thinner, refs = from.whole(slot)
	switch {
	case from.Kind.Thins:
		return from, refs
	case thinner == nil:
		return nil, []recipe.Reference{e.Reference}
	}
	return thinner, refs
}

// picking is the slot's edge that one adapter comes by, with that adapter alone.
func (s Slot) picking(adapter string) Slot {
	for _, edge := range s {
		names := edge.From.Out.Names()
		if edge.Adapter == adapter || edge.Adapter == "" && slices.Contains(names, adapter) {
			if len(names) > 1 {
				edge.Adapter = adapter
			}
			return Slot{edge}
		}
	}
	return nil
}

func inputsText(refs []recipe.Reference) string {
	if len(refs) == 1 {
		return refs[0].String()
	}
	text := ""
	for _, ref := range refs {
		text += ", " + ref.String()
	}
	return "[" + text[2:] + "]"
}

package draft

import (
	"slices"
	"strings"

	"github.com/loramerge/loramerge/adapter"
)

// mostDrafted is the rank beyond which a draft cuts the sum of the ranks: of what more would
// keep, servers' limits and memory ask a price that its author should agree to.
const mostDrafted = 64

// look finds out what the adapters have in common.
func (d *draft) look() {
	first := make(map[string]*adapter.Module) // of each name, in the adapters' order
	holders := make(map[string]int)
	ranks := make(map[string]int)
	for _, a := range d.adapters {
		for i := range a.Modules {
			m := &a.Modules[i]
			holders[m.Name]++
			ranks[m.Name] += m.Rank
			if first[m.Name] == nil {
				first[m.Name] = m
			}
			if m.Form == adapter.Whole && !(m.W.DType.IsFloat() && slices.Equal(m.W.Shape, first[m.Name].W.Shape)) {
				d.leave(m.Name)
			}
		}
	}
	for name, m := range first {
		if m.Form == adapter.Whole && holders[name] < len(d.adapters) && !m.IsCopy() {
			d.leave(name)
		}
		d.gaps = d.gaps || m.Form != adapter.Whole && holders[name] < len(d.adapters)
		d.sum = max(d.sum, ranks[name])
	}
	d.leaveCutHeads(first)
	for name, m := range first {
		d.heads = d.heads || m.Form == adapter.Whole && !m.IsCopy() && !slices.Contains(d.left, name)
	}
	slices.Sort(d.left)
	if d.Rank == 0 {
		d.Rank = min(d.sum, mostDrafted)
	}
}

func (d *draft) leave(name string) {
	if !slices.Contains(d.left, name) {
		d.left = append(d.left, name)
	}
}

// leaveCutHeads leaves out the rest of every head of which a part is left out.
func (d *draft) leaveCutHeads(first map[string]*adapter.Module) {
	inputs := make([]*adapter.Adapter, len(d.adapters))
	for i, a := range d.adapters {
		inputs[i] = a.Adapter
	}
	for {
		var kept []*adapter.Module
		for name, m := range first {
			if !slices.Contains(d.left, name) {
				kept = append(kept, m)
			}
		}
		slices.SortFunc(kept, func(x, y *adapter.Module) int { return strings.Compare(x.Name, y.Name) })
		cut := adapter.CutHeads(inputs, kept)
		if len(cut) == 0 {
			return
		}
		for _, head := range cut {
			d.leave(head.Kept)
		}
	}
}

// leaveHeads leaves out every whole tensor, for readers that load none.
func (d *draft) leaveHeads() {
	for _, a := range d.adapters {
		for i := range a.Modules {
			if a.Modules[i].Form == adapter.Whole {
				d.leave(a.Modules[i].Name)
			}
		}
	}
	slices.Sort(d.left)
	d.heads, d.pairsAlone = false, true
}

package merge

import (
	"slices"

	"github.com/loramerge/loramerge/adapter"
)

// look finds out what the adapters have in common.
func (d *draft) look() {
	first := make(map[string]*adapter.Module) // of each name, in the adapters' order
	holders := make(map[string]int)
	d.alike = true
	for _, a := range d.adapters {
		if base := a.Config.BaseModel().String(); base != "" && !slices.Contains(d.bases, base) {
			d.bases = append(d.bases, base)
		}
		for i := range a.Modules {
			m := &a.Modules[i]
			holders[m.Name]++
			if first[m.Name] == nil {
				first[m.Name] = m
			}
			d.compare(first[m.Name], m)
		}
	}
	for name, m := range first {
		switch {
		case m.Form != adapter.Whole:
			d.gaps = d.gaps || holders[name] < len(d.adapters)
		case holders[name] < len(d.adapters) && !slices.Contains(d.left, name):
			d.left = append(d.left, name)
		case !slices.Contains(d.left, name):
			d.heads = true
		}
	}
	slices.Sort(d.left)
}

// compare notes how a module differs from the first adapter's that has it.
func (d *draft) compare(first, m *adapter.Module) {
	d.rank = max(d.rank, m.Rank)
	if m.Form != adapter.Whole {
		d.alike = d.alike && m.Rank == first.Rank && m.Scale == first.Scale
		return
	}
	averages := m.W.DType.IsFloat() && slices.Equal(m.W.Shape, first.W.Shape)
	if !averages && !slices.Contains(d.left, m.Name) {
		d.left = append(d.left, m.Name)
	}
}

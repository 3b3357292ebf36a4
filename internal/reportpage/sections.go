package reportpage

import (
	"fmt"
	"math"
)

// sections are the heat maps in the order of the questions that a reader has. What a
// merge does not have (a trim, a loss) has no section.
func sections(d *Data) []section {
	if len(d.Modules) == 0 {
		return nil
	}
	g := newGrid(d.Modules)
	var all []section
	for _, s := range []section{conflicts(d, g), keeps(d, g), shares(d, g), losses(d, g)} {
		if len(s.Maps) > 0 {
			all = append(all, s)
		}
	}
	return all
}

// of collects one figure of every module.
func of(d *Data, figure func(*Module) Ratio) []Ratio {
	out := make([]Ratio, len(d.Modules))
	for i := range d.Modules {
		out[i] = figure(&d.Modules[i])
	}
	return out
}

// conflicts shows how the inputs conflict, before any merge.
func conflicts(d *Data, g *grid) section {
	n := len(d.Adapters)
	s := section{Title: "Where the adapters conflict"}
	if n < 2 {
		return s
	}
	s.Text = fmt.Sprintf("Sign conflict is the share of elements that one adapter raises and another lowers; "+
		"for %d adapters of independent signs it is %s. Cancelled is what a plain sum of their ΔW would lose to that; "+
		"unrelated ones of one size lose %s. What chance gives has no colour: blue is agreement, orange more conflict than that. The cosine is 1 where adapters do the same, 0 where they have nothing to do with each other.",
		n, percent.text(Ratio(1-math.Exp2(float64(1-n)))), percent.text(Ratio(1-1/math.Sqrt(float64(n)))))
	conflict, cancelled := of(d, func(m *Module) Ratio { return m.SignConflict }), of(d, func(m *Module) Ratio { return m.Cancelled })
	cosines := of(d, func(m *Module) Ratio { return m.MeanCosine })
	s.Maps = []*heatMap{
		newHeatMap(d, g, conflict, around(1-math.Exp2(float64(1-n))), percent),
		newHeatMap(d, g, cancelled, around(1-1/math.Sqrt(float64(n))), percent),
		newHeatMap(d, g, cosines, aroundZero, cosine),
	}
	s.Maps[0].Figure, s.Maps[0].Title = "sign_conflict", "Sign conflict"
	s.Maps[1].Figure, s.Maps[1].Title = "cancelled", "Cancelled by a plain sum"
	s.Maps[2].Figure, s.Maps[2].Title = "mean_cosine", "Mean cosine of the pairs"
	return s
}

// keeps shows what trims left.
func keeps(d *Data, g *grid) section {
	s := section{Title: "What trim kept", Text: "‖ΔW′‖²/‖ΔW‖² of each adapter after and before the trim: the share of its energy that is left."}
	s.Maps = series(d, g, "kept", func(m *Module, see func(stage, adapter string, r Ratio)) {
		for _, k := range m.Kept {
			see(k.Stage, k.Adapter, k.Share)
		}
	})
	return s
}

// losses shows what was lost to lower ranks, and to A and B merged separately.
func losses(d *Data, g *grid) section {
	s := section{Title: "What was lost on the way", Text: "‖result − meant‖/‖meant‖ of ΔW: by the cut to a rank, or by the products of different adapters' A and B " +
		"(cross terms) that come of merging the two separately."}
	s.Maps = series(d, g, "losses", func(m *Module, see func(stage, adapter string, r Ratio)) {
		for _, l := range m.Losses {
			see(l.Stage, l.Adapter, l.Error)
		}
	})
	return s
}

// shares shows how much of each adapter is in the result.
func shares(d *Data, g *grid) section {
	s := section{Title: "Each adapter's share in the result", Text: "⟨ΔWᵢ, ΔWₘ⟩/⟨ΔWₘ, ΔWₘ⟩: how far the adapter goes in the direction of the merged ΔWₘ, " +
		"which itself goes 1. Below 0 the merged works against it."}
	for i, a := range d.Adapters {
		h := newHeatMap(d, g, of(d, func(m *Module) Ratio { return m.Shares[i] }), aroundZero, share)
		h.Figure, h.Adapter, h.Title = "shares", a.Name, a.Name
		s.Maps = append(s.Maps, h)
	}
	return s
}

// series draws a heat map for every stage and adapter in a module's list,
// all on one scale.
func series(d *Data, g *grid, figure string, list func(m *Module, see func(stage, adapter string, r Ratio))) []*heatMap {
	type key struct{ stage, adapter string }
	var keys []key
	byKey := make(map[key][]Ratio)
	for i := range d.Modules {
		list(&d.Modules[i], func(stage, adapter string, r Ratio) {
			k := key{stage, adapter}
			if byKey[k] == nil {
				keys = append(keys, k)
				byKey[k] = of(d, func(*Module) Ratio { return Undefined() })
			}
			byKey[k][i] = r
		})
	}
	var maps []*heatMap
	for _, k := range keys {
		h := newHeatMap(d, g, byKey[k], whole, percent)
		h.Figure, h.Stage, h.Adapter, h.Title = figure, k.stage, k.adapter, k.stage+": "+k.adapter
		maps = append(maps, h)
	}
	return maps
}

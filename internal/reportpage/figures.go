package reportpage

import "fmt"

// figure is a number at the head of the page.
type figure struct{ Text, What string }

func figures(d *Data) []figure {
	all := []figure{
		{fmt.Sprint(len(d.Adapters)), "adapters"},
		{fmt.Sprint(len(d.Modules)), "modules"},
		{size(d.Norm), "‖ΔW‖ merged"},
	}
	add := func(r Ratio, u unit, what string) {
		if r.Defined() {
			all = append(all, figure{u.text(r), what})
		}
	}
	add(mean(of(d, func(m *Module) Ratio { return m.SignConflict })), percent, "mean sign conflict")
	add(mean(of(d, func(m *Module) Ratio { return m.Cancelled })), percent, "mean cancelled")
	add(mean(of(d, func(m *Module) Ratio { return m.MeanCosine })), cosine, "mean cosine")
	for _, l := range d.Losses {
		add(l.Error, percent, l.Stage+", "+l.What)
	}
	return all
}

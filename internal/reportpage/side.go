package reportpage

// sideRow is an adapter in several merges.
type sideRow struct {
	Adapter string
	Cells   []sideCell
}

type sideCell struct {
	Fate Fate
	Text string
}

// sideBySide has a row for each adapter that one of the merges has, in the order in which they come.
func sideBySide(merges []*Data) []sideRow {
	var rows []sideRow
	places := make(map[string]int)
	for i, d := range merges {
		for _, a := range d.Adapters {
			at, known := places[a.Name]
			if !known {
				at, places[a.Name] = len(rows), len(rows)
				rows = append(rows, sideRow{a.Name, make([]sideCell, len(merges))})
			}
			text := share.text(a.Alignment) + ", " + share.text(a.Strength)
			if d.HasCut() {
				text += ", " + percent.text(a.KeptByCut)
			}
			if a.Recovered != "" {
				text += "; recovered " + a.Recovered
			}
			rows[at].Cells[i] = sideCell{a.Fate, text}
		}
	}
	norms := sideRow{Adapter: "‖ΔW‖"}
	for _, d := range merges {
		norms.Cells = append(norms.Cells, sideCell{Text: size(d.Norm)})
	}
	return append(rows, norms)
}

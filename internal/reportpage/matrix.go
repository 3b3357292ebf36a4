package reportpage

import "slices"

// matrix is the adapters' cosines, each with each.
type matrix struct {
	Names  []string
	Rows   []matrixRow
	Legend legend
}

type matrixRow struct {
	Name  string
	Cells []matrixCell
}

type matrixCell struct {
	paint
	Value, Text string
	Title       string
}

// newMatrix is nil where there is no pair.
func newMatrix(d *Data) *matrix {
	if len(d.Adapters) < 2 {
		return nil
	}
	fit := scale{-1, 1, ""}
	x := &matrix{Legend: fit.legend(cosine, slices.Concat(d.Cosines...))}
	for i, a := range d.Adapters {
		x.Names = append(x.Names, a.Name)
		row := matrixRow{Name: a.Name}
		for j, c := range d.Cosines[i] {
			row.Cells = append(row.Cells, matrixCell{fit.paint(c), exact(c), cosine.text(c),
				a.Name + " and " + d.Adapters[j].Name + ": " + cosine.text(c)})
		}
		x.Rows = append(x.Rows, row)
	}
	return x
}

package reportpage

import (
	"slices"
)

// heatMap is one figure of every module, as cells of layer by kind.
type heatMap struct {
	Figure         string // as the JSON calls it
	Adapter, Stage string // whose, or empty
	Title          string
	Width, Height  int
	Side           int // of a cell
	Rows, Columns  []label
	Cells          []cell
	Legend         legend
	Table          table
}

// cell is one module's figure.
type cell struct {
	paint
	X, Y   int
	Module int    // of Data.Modules
	Value  string // exact
	Title  string
}

// table is the same figures for those who read better than they see.
type table struct {
	Head []string // kinds
	Rows []tableRow
}

type tableRow struct {
	Head  string // a layer
	Cells []string
}

// newHeatMap draws figures, one for each module.
func newHeatMap(d *Data, g *grid, figures []Ratio, s scale, u unit) *heatMap {
	h := &heatMap{Rows: g.rowLabels(), Columns: g.columnLabels(), Legend: s.legend(u, figures),
		Width: g.margin() + len(g.layers)*g.pitch, Height: lineHeight + len(g.kinds)*g.pitch, Side: g.pitch - 1, Table: g.table()}
	for _, i := range g.order {
		m := &d.Modules[i]
		row, column := g.rows[m.Kind], g.columns[m.Layer]
		text := u.text(figures[i])
		h.Table.Rows[column].Cells[row] = text
		h.Cells = append(h.Cells, cell{s.paint(figures[i]), g.margin() + column*g.pitch, lineHeight + row*g.pitch, i, exact(figures[i]), spot(m) + ": " + text})
	}
	return h
}

// table is empty, with a place for every module.
func (g *grid) table() table {
	t := table{Head: g.kinds}
	for _, layer := range g.layers {
		t.Rows = append(t.Rows, tableRow{layerText(layer), make([]string, len(g.kinds))})
	}
	return t
}

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
	fit := aroundZero
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

package reportpage

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

// matrix is a figure of adapters, each with each.
type matrix struct {
	Figure string // as the JSON calls it
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

// matrixOf draws figures, each on the scale of its place.
func matrixOf(figure string, names []string, figures [][]Ratio, l legend, u unit, on func(i, j int) scale) *matrix {
	x := &matrix{Figure: figure, Names: names, Legend: l}
	for i, name := range names {
		row := matrixRow{Name: name}
		for j, r := range figures[i] {
			row.Cells = append(row.Cells, matrixCell{on(i, j).paint(r), exact(r), u.text(r), name + " and " + names[j] + ": " + u.text(r)})
		}
		x.Rows = append(x.Rows, row)
	}
	return x
}

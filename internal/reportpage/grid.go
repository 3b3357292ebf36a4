package reportpage

import (
	"fmt"
	"slices"
)

// The measures of a heat map, in its own pixels.
const (
	widest     = 640 // that the cells of a map should be together,
	mostPitch  = 26  // from cell to cell: large enough to be looked at singly,
	leastPitch = 14  // and small enough for a hundred layers
	letter     = 7   // a generous width of one letter
	mostLetter = 24
	lineHeight = 14
)

// grid gives every module a cell: layers from left to right, kinds from top to bottom.
type grid struct {
	layers  []int
	kinds   []string
	columns map[int]int
	rows    map[string]int
	order   []int // modules by row, then column
	pitch   int   // from cell to cell
}

func newGrid(modules []Module) *grid {
	g := &grid{columns: make(map[int]int), rows: make(map[string]int)}
	for _, m := range modules {
		g.layers = append(g.layers, m.Layer)
		if _, known := g.rows[m.Kind]; !known {
			g.rows[m.Kind] = len(g.kinds)
			g.kinds = append(g.kinds, m.Kind)
		}
	}
	slices.Sort(g.layers)
	g.layers = slices.Compact(g.layers)
	for i, layer := range g.layers {
		g.columns[layer] = i
	}
	g.pitch = max(leastPitch, min(mostPitch, widest/max(1, len(g.layers))))
	g.order = make([]int, len(modules))
	for i := range g.order {
		g.order[i] = i
	}
	slices.SortStableFunc(g.order, func(i, j int) int {
		x, y := &modules[i], &modules[j]
		return (g.rows[x.Kind]-g.rows[y.Kind])*len(g.layers) + g.columns[x.Layer] - g.columns[y.Layer]
	})
	return g
}

// label is text at a place of a picture.
type label struct {
	Text string
	X, Y int
}

// axis is the label of the columns, which is in the margin next to them.
const axis = "layer"

// margin is the width of the rows' labels.
func (g *grid) margin() int {
	longest := len(axis)
	for _, kind := range g.kinds {
		longest = max(longest, len([]rune(short(kind))))
	}
	return longest*letter + letter
}

func (g *grid) rowLabels() []label {
	all := []label{{axis, g.margin() - letter, lineHeight - 4}}
	for i, kind := range g.kinds {
		all = append(all, label{short(kind), g.margin() - letter, lineHeight + i*g.pitch + g.pitch/2 + 4})
	}
	return all
}

// columnLabels leaves some out where they would run into each other.
func (g *grid) columnLabels() []label {
	var all []label
	step := 1 + 3*letter/g.pitch
	for i, layer := range g.layers {
		if i%step == 0 {
			all = append(all, label{layerText(layer), g.margin() + i*g.pitch + g.pitch/2, lineHeight - 4})
		}
	}
	return all
}

func layerText(layer int) string {
	if layer < 0 {
		return "–"
	}
	return fmt.Sprint(layer)
}

// short cuts a kind that is too long for a label, at its front, which says least.
func short(kind string) string {
	letters := []rune(kind)
	if len(letters) <= mostLetter {
		return kind
	}
	return "…" + string(letters[len(letters)-mostLetter+1:])
}

// spot names a module's cell.
func spot(m *Module) string {
	if m.Layer < 0 {
		return m.Kind
	}
	return fmt.Sprintf("layer %d %s", m.Layer, m.Kind)
}

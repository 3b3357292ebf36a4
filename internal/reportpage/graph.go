package reportpage

import (
	"fmt"
	"strings"
	"time"
)

// graphView is the graph of stages with a place for each: inputs on the left, and
// every stage a column after the last of its inputs.
type graphView struct {
	Width, Height int
	Nodes         []drawnNode
	Edges         []drawnEdge
}

// ViewWidth and ViewHeight leave room for the strokes of the boxes at the rim.
func (v graphView) ViewWidth() int { return v.Width + 4 }

// ViewHeight is ViewWidth's fellow.
func (v graphView) ViewHeight() int { return v.Height + 4 }

type drawnNode struct {
	X, Y   int
	Name   string
	Verb   string
	Counts string // what the run did, if it is known
	Title  string
}

type drawnEdge struct {
	Path  string
	Title string
}

// The measures of a stage's box and of what is between.
const (
	boxWidth, boxHeight = 134, 50
	gapX, gapY          = 36, 14
)

func newGraphView(g Graph) graphView {
	columns, tallest := columnsOf(g)
	v := graphView{Width: len(columns)*(boxWidth+gapX) - gapX, Height: tallest*(boxHeight+gapY) - gapY}
	v.Nodes = make([]drawnNode, len(g.Nodes))
	for c, column := range columns {
		top := (tallest - len(column)) * (boxHeight + gapY) / 2
		for r, i := range column {
			v.Nodes[i] = drawNode(&g.Nodes[i], c*(boxWidth+gapX), top+r*(boxHeight+gapY))
		}
	}
	for _, e := range g.Edges {
		v.Edges = append(v.Edges, v.drawEdge(g, e))
	}
	return v
}

// columnsOf puts the nodes into columns. The graph's nodes come after their inputs.
func columnsOf(g Graph) (columns [][]int, tallest int) {
	at := make([]int, len(g.Nodes))
	for _, e := range g.Edges {
		at[e.To] = max(at[e.To], at[e.From]+1)
	}
	for i, c := range at {
		for len(columns) <= c {
			columns = append(columns, nil)
		}
		columns[c] = append(columns[c], i)
		tallest = max(tallest, len(columns[c]))
	}
	return columns, tallest
}

// boxLetters fit in a box.
const boxLetters = 18

func drawNode(n *Node, x, y int) drawnNode {
	d := drawnNode{X: x, Y: y, Name: clipped(n.Stage, boxLetters), Verb: n.Verb}
	if n.Adapters > 1 {
		d.Verb += fmt.Sprintf(" ×%d", n.Adapters)
	}
	if n.Ran != nil {
		d.Counts = n.Ran.text()
	}
	d.Title = fmt.Sprintf("%s: %s %s", n.Stage, n.Verb, n.Params)
	return d
}

// text leaves out what did not happen.
func (r *Ran) text() string {
	var parts []string
	if r.Computed > 0 {
		parts = append(parts, fmt.Sprintf("%d computed", r.Computed))
	}
	if r.Cached > 0 {
		parts = append(parts, fmt.Sprintf("%d cached", r.Cached))
	}
	if r.Time > 0 {
		parts = append(parts, time.Duration(r.Time).Round(time.Millisecond).String())
	}
	return strings.Join(parts, ", ")
}

// clipped cuts text at its end.
func clipped(text string, most int) string {
	if letters := []rune(text); len(letters) > most {
		return string(letters[:most-1]) + "…"
	}
	return text
}

// drawEdge bends from the right side of one box to the left side of another.
func (v *graphView) drawEdge(g Graph, e Edge) drawnEdge {
	from, to := v.Nodes[e.From], v.Nodes[e.To]
	x1, y1, x2, y2 := from.X+boxWidth, from.Y+boxHeight/2, to.X, to.Y+boxHeight/2
	middle := (x1 + x2) / 2
	title := g.Nodes[e.From].Stage + " → " + g.Nodes[e.To].Stage
	if e.Adapter != "" {
		title = g.Nodes[e.From].Stage + "." + e.Adapter + " → " + g.Nodes[e.To].Stage
	}
	return drawnEdge{fmt.Sprintf("M%d %dC%d %d %d %d %d %d", x1, y1, middle, y1, middle, y2, x2, y2), title}
}

package reportpage

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestPaint: the ends of a scale are its poles, the middle of two poles is plain.
func TestPaint(t *testing.T) {
	for _, c := range []struct {
		scale scale
		x     Ratio
		want  paint
	}{
		{whole, 0, paint{"seq", "0"}},
		{whole, 0.2, paint{"seq", "20"}},
		{whole, 1, paint{"seq", "100"}},
		{around(0.75), 0, paint{"pos", "100"}},
		{around(0.75), 0.6, paint{"pos", "20"}},
		{around(0.75), 0.75, paint{"neg", "0"}},
		{around(0.75), 0.8, paint{"neg", "20"}},
		{around(0.75), 1, paint{"neg", "100"}},
		{aroundZero, -1, paint{"neg", "100"}},
		{aroundZero, 0.5, paint{"pos", "50"}},
		{aroundZero, 0, paint{"pos", "0"}},
		{aroundZero, 1.7, paint{"pos", "100"}},
		{aroundZero, Undefined(), paint{"none", "0"}},
		{depths([]int{3}), 3, paint{"depth", "0"}},
		{depths([]int{-1, 0, 3}), 3, paint{"depth", "100"}},
	} {
		if got := c.scale.paint(c.x); got != c.want {
			t.Errorf("%v of %v: %v, expected %v", c.x, c.scale, got, c.want)
		}
	}
}

func TestText(t *testing.T) {
	for _, c := range []struct {
		unit unit
		x    Ratio
		want string
	}{
		{percent, 0.4567, "45.7 %"},
		{percent, 0, "0.0 %"},
		{percent, 0.00012, "0.012 %"},
		{cosine, -0.0004, "0.000"},
		{cosine, -0.0006, "-0.001"},
		{cosine, Undefined(), "–"},
		{share, Ratio(math.Inf(1)), "–"},
	} {
		if got := c.unit.text(c.x); got != c.want {
			t.Errorf("%v is written %q, expected %q", float64(c.x), got, c.want)
		}
	}
}

// TestGrid: every module has a cell of its own, in the row of its kind and the column
// of its layer, and the order is that of reading.
func TestGrid(t *testing.T) {
	modules := []Module{{Kind: "head", Layer: -1}, {Kind: "q", Layer: 10}, {Kind: "q", Layer: 2}, {Kind: "v", Layer: 2}}
	g := newGrid(modules)
	if !slices.Equal(g.layers, []int{-1, 2, 10}) || !slices.Equal(g.kinds, []string{"head", "q", "v"}) {
		t.Errorf("layers %v, kinds %v", g.layers, g.kinds)
	}
	if !slices.Equal(g.order, []int{0, 2, 1, 3}) {
		t.Errorf("order %v", g.order)
	}
}

// TestColumns: a stage is to the right of its inputs, and no two share a place.
func TestColumns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var g Graph
		for to := range rapid.IntRange(1, 12).Draw(t, "stages") {
			g.Nodes = append(g.Nodes, Node{Stage: "s", Verb: "sum"})
			for from := range to {
				if rapid.Bool().Draw(t, "edge") {
					g.Edges = append(g.Edges, Edge{From: from, To: to})
				}
			}
		}
		v := newGraphView(g)
		for _, e := range g.Edges {
			if v.Nodes[e.To].X < v.Nodes[e.From].X+boxWidth+gapX {
				t.Fatalf("stage %d is not right of %d", e.To, e.From)
			}
		}
		for i, n := range v.Nodes {
			if n.X < 0 || n.Y < 0 || n.X+boxWidth > v.Width || n.Y+boxHeight > v.Height {
				t.Fatalf("stage %d is outside the picture", i)
			}
			if slices.ContainsFunc(v.Nodes[:i], func(m drawnNode) bool { return m.X == n.X && m.Y < n.Y+boxHeight && n.Y < m.Y+boxHeight }) {
				t.Fatalf("stage %d covers another", i)
			}
		}
	})
}

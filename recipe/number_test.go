package recipe

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// density reads a number as trim's density, or reports why it can't.
func density(t *testing.T, text string) *Number {
	t.Helper()
	return Key[*Number]("density").Of(stage(t, "s", "  s: {trim: a, density: "+text+"}").Params)
}

// Three layers of a model, so that their depths are 0, ½ and 1, and a head without one.
var (
	firstQ = Site{Module: "model.layers.0.self_attn.q_proj", Depth: 0, HasDepth: true}
	firstV = Site{Module: "model.layers.0.self_attn.v_proj", Depth: 0, HasDepth: true}
	midQ   = Site{Module: "model.layers.1.self_attn.q_proj", Depth: 0.5, HasDepth: true}
	lastV  = Site{Module: "model.layers.2.self_attn.v_proj", Depth: 1, HasDepth: true}
	head   = Site{Module: "lm_head"}

	allSites = []Site{firstQ, firstV, midQ, lastV, head}
)

func TestNumberForms(t *testing.T) {
	for _, c := range []struct {
		text    string
		adapter string
		site    Site
		want    float64
	}{
		{"0.5", "python", head, 0.5},
		{"1", "python", head, 1},
		{".25", "python", head, 0.25},
		{"5e-1", "python", head, 0.5},
		{"{python: 0.7, sql: 0.3}", "python", head, 0.7},
		{"{python: 0.7, sql: 0.3}", "sql", head, 0.3},
		{"{python: 0.7, default: 0.1}", "sql", head, 0.1},
		{"{default: 0.1}", "sql", head, 0.1},
		{`{default: 0.5, modules: {"*.q_proj": 0.7, "layers.0.*": 0.2}}`, "sql", firstQ, 0.7},
		{`{default: 0.5, modules: {"*.q_proj": 0.7, "layers.0.*": 0.2}}`, "sql", firstV, 0.2},
		{`{modules: {"layers.0.*": 0.2, "*.q_proj": 0.7}, default: 0.5}`, "sql", firstQ, 0.2},
		{`{default: 0.5, modules: {"*.q_proj": 0.7, "layers.0.*": 0.2}}`, "sql", lastV, 0.5},
		{"{layers: [0.2, 0.8]}", "sql", midQ, 0.5},
		{"{layers: [0.2, 0.8], default: 0.9}", "sql", head, 0.9},
		{"{layers: [0.2, 0.8], default: 0.9}", "sql", lastV, 0.8},
		{"{python: {layers: [0, 1]}, sql: {modules: {q_proj: 0.3}, default: 0.4}}", "python", midQ, 0.5},
		{"{python: {layers: [0, 1]}, sql: {modules: {q_proj: 0.3}, default: 0.4}}", "sql", midQ, 0.3},
		{"{modules: {q_proj: {python: {layers: [0.1, 0.3, 0.9]}, default: 0}}, default: 1}", "python", midQ, 0.3},
		{"{layers: [0.1, 0.3], default: {modules: {lm_head: {sql: 0.6, default: 0.7}}}}", "sql", head, 0.6},
	} {
		if got := density(t, c.text).At(c.adapter, c.site); math.Abs(got-c.want) > 1e-15 {
			t.Errorf("%s for %s at %s: got %v, want %v", c.text, c.adapter, c.site.Module, got, c.want)
		}
	}
}

func TestEverywhere(t *testing.T) {
	if value, ok := density(t, "0.25").Everywhere(); value != 0.25 || !ok {
		t.Errorf("constant: %v, %v", value, ok)
	}
	for text, varies := range map[string]bool{
		"{python: 1}": false, "{default: 0.3}": false, "{modules: {q_proj: 1}}": true, "{layers: [0, 1]}": true,
		"{python: {layers: [1]}}": true, "{default: {modules: {x: 1}}}": true,
	} {
		n := density(t, text)
		if _, ok := n.Everywhere(); ok || n.VariesByModule() != varies {
			t.Errorf("%s: everywhere %v, by module %v", text, ok, n.VariesByModule())
		}
	}
}

// The values were worked out by hand: points stand at equal distances over [0, 1].
func TestInterpolate(t *testing.T) {
	for _, c := range []struct {
		points  []float64
		x, want float64
	}{
		{[]float64{7}, 0, 7}, {[]float64{7}, 0.4, 7}, {[]float64{7}, 1, 7},
		{[]float64{0, 1}, 0, 0}, {[]float64{0, 1}, 0.25, 0.25}, {[]float64{0, 1}, 1, 1},
		{[]float64{0, 4, 2}, 0.25, 2}, {[]float64{0, 4, 2}, 0.5, 4}, {[]float64{0, 4, 2}, 0.75, 3}, {[]float64{0, 4, 2}, 1, 2},
		{[]float64{8, 4, 2, 0, 16}, 0.125, 6}, {[]float64{8, 4, 2, 0, 16}, 0.875, 8},
		{[]float64{0.1, 0.7}, 1, 0.7},
	} {
		if got := interpolate(c.points, c.x); got != c.want {
			t.Errorf("%v at %v: got %v, want %v", c.points, c.x, got, c.want)
		}
	}
}

func TestInterpolateStaysBetweenItsPoints(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		points := rapid.SliceOfN(rapid.Float64Range(-1e300, 1e300), 2, 9).Draw(t, "points")
		x := rapid.Float64Range(0, 1).Draw(t, "x")
		last := float64(len(points) - 1)
		i := min(int(x*last), len(points)-2)
		a, b := points[i], points[i+1]
		if got := interpolate(points, x); !(got >= min(a, b) && got <= max(a, b)) {
			t.Errorf("%v between %v and %v", got, a, b)
		}
	})
}

func TestInterpolateIsExactAtItsPoints(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		intervals := rapid.SampledFrom([]int{1, 2, 4, 8, 16}).Draw(t, "intervals")
		points := rapid.SliceOfN(rapid.Float64Range(-1e6, 1e6), intervals+1, intervals+1).Draw(t, "points")
		i := rapid.IntRange(0, intervals).Draw(t, "i")
		if got := interpolate(points, float64(i)/float64(intervals)); got != points[i] {
			t.Errorf("%v instead of point %v", got, points[i])
		}
	})
}

func TestAtWithoutValuePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic for an adapter that is not in the table")
		}
	}()
	density(t, "{python: 1}").At("sql", head)
}

func TestNumberMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"1.01":                              "3:25: 1.01 is out of range; write a number ≥ 0 and ≤ 1",
		"-0.1":                              "3:25: -0.1 is out of range",
		"half":                              `3:25: "half" is not a number`,
		"'0.5'":                             `3:25: the text "0.5" is not a number`,
		".inf":                              `3:25: ".inf" is not a number`,
		".nan":                              `3:25: ".nan" is not a number`,
		"1e999":                             `3:25: "1e999" is not a number`,
		"1_0":                               `3:25: "1_0" is not a number`,
		"0x1":                               `3:25: "0x1" is not a number`,
		"true":                              `3:25: "true" is not a number`,
		"~":                                 "3:25: nothing is not a number",
		"[0.5]":                             "3:25: a list does not say which number belongs to which adapter; write a table of adapters",
		"{}":                                "3:25: the table is empty",
		"{layers: 0.5}":                     "3:34: `layers` needs a list of numbers, first layer to last",
		"{layers: []}":                      "3:34: `layers` needs a list of numbers",
		"{layers: [0, x]}":                  `3:38: "x" is not a number`,
		"{layers: [{}]}":                    "3:35: a table is not a number",
		"{modules: 0.5}":                    `3:35: "0.5" is not a table`,
		"{modules: {x: 2}}":                 "3:39: 2 is out of range",
		"{modules: {x: 1}, layers: [1]}":    `3:43: "layers" does not belong in a table by module`,
		"{modules: {x: 1}, python: 1}":      `3:43: "python" does not belong in a table by module; put the table of adapters inside`,
		"{layers: [1], python: 1}":          `3:39: "python" does not belong in a table by layer`,
		"{a: {b: 1}}":                       "3:29: a table by adapter is inside another of its kind; use a single table",
		"{default: {default: 1}}":           "3:35: a table by adapter is inside another of its kind",
		"{modules: {x: {modules: {y: 1}}}}": "3:39: a table by module is inside another of its kind",
		"{a: 1, a: 0}":                      `3:32: "a" is a duplicate of`,
	} {
		expectMistakes(t, inStages("  s: {trim: a, density: "+text+"}"), want)
	}
}

func TestOpenRange(t *testing.T) {
	expectMistakes(t, inStages("  s: {average: a, above: 0}"), "3:26: 0 is out of range; write a number > 0")
	expectMistakes(t, inStages("  s: {average: a, weights: x}"), `3:28: "x" is not a number; write a number`)
	stage(t, "s", "  s: {average: a, above: 1e-300, weights: -2}")
}

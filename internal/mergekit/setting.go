package mergekit

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// setting is a numeric parameter: by filters of tensor names, the first that matches,
// and for the others.
type setting struct {
	cases     []filtered
	otherwise gradient // nil if there is none
}

type filtered struct {
	node   *yaml.Node
	filter string
	value  gradient
}

// gradient is one number, or several from the first layer to the last.
type gradient []float64

// setting reads a number, a list of numbers, {filter, value}, or a list of these.
func (r *reader) setting(node *yaml.Node, name string) setting {
	conditional := node.Kind == yaml.MappingNode
	if node.Kind == yaml.SequenceNode {
		conditional = slices.ContainsFunc(node.Content, func(n *yaml.Node) bool { return n.Kind == yaml.MappingNode })
	}
	if !conditional {
		return setting{otherwise: r.gradient(node, name)}
	}
	items := []*yaml.Node{node}
	if node.Kind == yaml.SequenceNode {
		items = r.list(node, name)
	}
	var out setting
	for _, item := range items {
		c := r.filtered(item, name)
		if c.filter == "" || c.filter == "*" {
			out.otherwise = c.value
			return out // what comes after is never reached
		}
		out.cases = append(out.cases, c)
	}
	return out
}

func (r *reader) filtered(node *yaml.Node, name string) filtered {
	c := filtered{node: node}
	for _, e := range r.table(node, "a condition of "+name) {
		switch e.name {
		case "filter":
			if e.value.ShortTag() != "!!null" {
				c.filter = r.text(e.value, "a filter")
			}
		case "value":
			c.value = r.gradient(e.value, name)
		default:
			r.mistake(e.key, "a condition has a filter and a value, and no %q", e.name).Mend("remove it")
		}
	}
	if c.value == nil {
		r.mistake(node, "a condition of %s has no value", name).Mend("add one, such as {filter: mlp, value: 0.5}")
		c.value = gradient{0}
	}
	return c
}

func (r *reader) gradient(node *yaml.Node, name string) gradient {
	items := []*yaml.Node{node}
	if node.Kind == yaml.SequenceNode {
		items = r.list(node, name)
	}
	out := gradient{}
	for _, item := range items {
		out = append(out, r.number(item, name))
	}
	if len(out) == 0 {
		r.mistake(node, "%s is an empty list", name).Mend("write a number, or a list of numbers from the first layer to the last")
		return gradient{0}
	}
	return out
}

func (r *reader) number(node *yaml.Node, name string) float64 {
	x, err := strconv.ParseFloat(node.Value, 64)
	if node.Kind != yaml.ScalarNode || err != nil || math.IsInf(x, 0) || math.IsNaN(x) {
		if r.steps < stepLimit {
			r.mistake(node, "%s is not a number: %q", name, node.Value).Mend("write a number")
		}
		return 0
	}
	if (name == "density" || name == "select_topk" || name == "t") && (x < 0 || x > 1) {
		r.mistake(node, "%s is %v", name, x).Mend("write a number from 0 to 1")
	}
	return x
}

// or takes a fallback for the tensors that no filter matches.
func (s setting) or(fallback setting) setting {
	if s.otherwise != nil {
		return s
	}
	return setting{append(slices.Clone(s.cases), fallback.cases...), fallback.otherwise}
}

// text writes the setting as a recipe has it.
func (s setting) text() string {
	if len(s.cases) == 0 {
		return s.otherwise.text()
	}
	var globs []string
	seen := make(map[string]bool)
	for _, c := range s.cases {
		if glob := c.glob(); !seen[glob] {
			globs = append(globs, strconv.Quote(glob)+": "+c.value.text())
			seen[glob] = true
		}
	}
	return "{modules: {" + strings.Join(globs, ", ") + "}, default: " + s.otherwise.text() + "}"
}

// glob finds the modules whose tensors' names hold the filter: a tensor is named as its
// module, with ".weight" at the end.
func (c filtered) glob() string {
	if tail, found := strings.CutSuffix(c.filter, ".weight"); found {
		return "*" + tail
	}
	return "*" + c.filter + "*"
}

// text writes a gradient; a module outside the layers has the first value, as the
// embeddings have in mergekit.
func (g gradient) text() string {
	points := make([]string, len(g))
	for i, x := range g {
		points[i] = strconv.FormatFloat(x, 'g', -1, 64)
	}
	if len(g) == 1 {
		return points[0]
	}
	return "{layers: [" + strings.Join(points, ", ") + "], default: " + points[0] + "}"
}

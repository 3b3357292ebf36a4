package recipe

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// number reads a number in any form but those in used, which enclose it.
func (r *reader) number(node *yaml.Node, t NumberType, used []form) (*Number, bool) {
	switch node.Kind {
	case yaml.ScalarNode:
		value, ok := r.plainNumber(node, t)
		return &Number{Position: r.at(node), value: value}, ok
	case yaml.MappingNode:
		if t.Single {
			r.mistake(node, "a table, and this is one number for the whole stage").Mend("write " + t.limits())
			return nil, false
		}
		return r.numberTable(node, t, used)
	case yaml.SequenceNode:
		if t.Single {
			r.mistake(node, "a list, and this is one number for the whole stage").Mend("write " + t.limits())
			return nil, false
		}
		r.mistake(node, "a list does not say which number belongs to which adapter").Mend("write a table of adapters, such as {python: 0.6, sql: 0.4}, or {layers: [0, 0.5, 1]}")
		return nil, false
	}
	r.mistake(node, "%s is not a number", show(node)).Mend("write " + t.limits())
	return nil, false
}

func (r *reader) plainNumber(node *yaml.Node, t NumberType) (float64, bool) {
	value, err := strconv.ParseFloat(strings.ReplaceAll(node.Value, "_", "x"), 64)
	if tag := node.ShortTag(); tag != "!!int" && tag != "!!float" || err != nil || math.IsInf(value, 0) || math.IsNaN(value) {
		remedy := "write " + t.limits()
		if inQuotes(node) {
			remedy += ", without quotes"
		}
		r.mistake(node, "%s is not a number", show(node)).Mend(remedy)
		return 0, false
	}
	if !t.contains(value) {
		r.mistake(node, "%v is out of range", value).Mend("write " + t.limits())
		return 0, false
	}
	return value, true
}

// numberTable distinguishes the forms by their reserved words.
func (r *reader) numberTable(node *yaml.Node, t NumberType, used []form) (*Number, bool) {
	entries, ok := r.mapping(node)
	if !ok {
		return nil, false
	}
	n := &Number{Position: r.at(node), form: byAdapter}
	if len(entries) == 0 {
		r.mistake(node, "the table is empty").Mend("write " + t.limits())
		return nil, false
	}
	if has(entries, wordModules) {
		n.form = byModule
	} else if has(entries, wordLayers) {
		n.form = byDepth
	}
	if slices.Contains(used, n.form) {
		r.mistake(node, "a table %s is inside another of its kind", n.form).Mend("use a single table")
		return nil, false
	}
	return n, r.fillTable(n, entries, t, append(slices.Clone(used), n.form))
}

func (f form) String() string {
	return [...]string{"of one value", "by adapter", "by module", "by layer"}[f]
}

func (r *reader) fillTable(n *Number, entries []entry, t NumberType, used []form) bool {
	good := true
	for _, e := range entries {
		var ok bool
		switch {
		case e.name == wordDefault:
			n.otherwise, ok = r.number(e.value, t, used)
		case e.name == wordModules:
			n.cases, ok = r.cases(e.value, t, used)
		case e.name == wordLayers && n.form == byDepth:
			n.points, ok = r.points(e.value, t)
		case n.form == byAdapter:
			var c numberCase
			c.glob = Glob{r.at(e.key), e.name}
			c.number, ok = r.number(e.value, t, used)
			n.cases = append(n.cases, c)
		default:
			r.mistake(e.key, "%s does not belong in a table %s", show(e.key), n.form).
				Mend(fmt.Sprintf("put the table of adapters inside, or the table %s inside its values", n.form))
		}
		good = good && ok
	}
	return good
}

func (r *reader) cases(node *yaml.Node, t NumberType, used []form) ([]numberCase, bool) {
	entries, good := r.mapping(node)
	var out []numberCase
	for _, e := range entries {
		n, ok := r.number(e.value, t, used)
		good = good && ok
		out = append(out, numberCase{Glob{r.at(e.key), e.name}, n})
	}
	return out, good
}

func (r *reader) points(node *yaml.Node, t NumberType) ([]float64, bool) {
	if node.Kind != yaml.SequenceNode || len(node.Content) == 0 {
		r.mistake(node, "`layers` needs a list of numbers, first layer to last").Mend("write it as {layers: [0, 0.5, 1]}")
		return nil, false
	}
	good := true
	var out []float64
	for _, item := range node.Content {
		value, ok := r.plainNumber(resolve(item), t)
		good = good && ok
		out = append(out, value)
	}
	return out, good
}

func has(entries []entry, name string) bool {
	return slices.ContainsFunc(entries, func(e entry) bool { return e.name == name })
}

// NumberType is a number that may differ by adapter, module or depth: a *Number.
type NumberType struct {
	Min, Max     float64
	ExclusiveMin bool // Min itself is not allowed
	Single       bool // one number for the whole stage, never a table
}

// Describe gives the range and the forms.
func (t NumberType) Describe() string {
	if t.Single {
		return t.limits()
	}
	return t.limits() + ", or a table of adapters, {default: …, modules: {glob: …}} or {layers: [first, …, last]}"
}

func (t NumberType) limits() string {
	sign := "≥"
	if t.ExclusiveMin {
		sign = ">"
	}
	switch {
	case math.IsInf(t.Min, -1) && math.IsInf(t.Max, 1):
		return "a number"
	case math.IsInf(t.Max, 1):
		return fmt.Sprintf("a number %s %v", sign, t.Min)
	default:
		return fmt.Sprintf("a number %s %v and ≤ %v", sign, t.Min, t.Max)
	}
}

func (t NumberType) contains(x float64) bool {
	return x >= t.Min && x <= t.Max && !(t.ExclusiveMin && x == t.Min)
}

func (t NumberType) read(r *reader, node *yaml.Node) (any, bool) {
	return r.number(node, t, nil)
}

// NumbersType is one number, or a list of them: a []*Number.
type NumbersType struct{ Each NumberType }

// Describe names both.
func (t NumbersType) Describe() string { return t.Each.Describe() + "; or a list of these" }

func (t NumbersType) read(r *reader, node *yaml.Node) (any, bool) {
	return oneOrList(r, node, "write "+t.Each.limits(), func(item *yaml.Node) (*Number, bool) { return r.number(item, t.Each, nil) })
}

package recipe

import (
	"slices"
	"strconv"
	"strings"

	"github.com/loramerge/loramerge/internal/fault"
	"gopkg.in/yaml.v3"
)

// axisValuesType is a list of values of an axis: a []string.
type axisValuesType struct{}

// Describe shows one.
func (axisValuesType) Describe() string { return "a list of values, such as [0.2, 0.5]" }

func (axisValuesType) schema(*schemaWriter) schema {
	return schema{"type": "array", "minItems": 1, "items": textSchema()}
}

func (t axisValuesType) read(r *reader, node *yaml.Node) (any, bool) {
	var out []string
	if node.Kind != yaml.SequenceNode {
		r.mistake(node, "%s is not a list", show(node)).Mend("write " + t.Describe())
		return out, false
	}
	good := r.filled(node, node.Content, "write "+t.Describe())
	for _, item := range node.Content {
		item = resolve(item)
		value, ok := r.text(item, "a number or a text")
		if ok && contains(out, value) {
			r.mistake(item, "%s is there twice", show(item)).Mend("remove one of the two")
			ok = false
		}
		good = good && ok
		out = append(out, value)
	}
	return out, good
}

// contains reports whether a value is among others; 0.5 and 0.50 are one.
func contains(values []string, value string) bool {
	return slices.ContainsFunc(values, func(other string) bool {
		if other == value {
			return true
		}
		x, errX := strconv.ParseFloat(other, 64)
		y, errY := strconv.ParseFloat(value, 64)
		return errX == nil && errY == nil && x == y
	})
}

// whenType is the table of the conditions of an axis: a []Condition.
type whenType struct{}

// Describe shows one.
func (whenType) Describe() string {
	return "a table of other axes and the values that they must have, such as {method: by-ties} or {method: [by-ties, by-dare]}"
}

func (whenType) schema(*schemaWriter) schema { return byName(orList(textSchema())) }

func (t whenType) read(r *reader, node *yaml.Node) (any, bool) {
	entries, good := r.mapping(node)
	var out []Condition
	for _, e := range entries {
		values, ok := oneOrList(r, e.value, "write a value of that axis", func(item *yaml.Node) (string, bool) {
			return r.text(item, "a value of that axis")
		})
		good = good && ok
		out = append(out, Condition{r.at(e.key), e.name, values})
	}
	if good && len(entries) == 0 {
		r.mistake(node, "the table is empty").Mend("write " + t.Describe())
		good = false
	}
	return out, good
}

// checkConditions: each names other axes that have lists, and values of theirs, and no axis
// depends on itself. Where an axis has a mistake of its own, it is not known whether it is a list.
func (r *reader) checkConditions(axes []Axis, good bool) {
	names := mapped(axes, func(a Axis) string { return a.Name })
	for _, a := range axes {
		for _, c := range a.When {
			at := slices.Index(names, c.Axis)
			switch {
			case at < 0:
				r.report(fault.At(c.Position, "there is no axis %q", c.Axis).Mend(r.didYouMean(c.Axis, names)))
			case c.Axis == a.Name:
				r.report(fault.At(c.Position, "the axis %q depends on itself", a.Name).Mend("name another axis"))
			case axes[at].Range != nil:
				r.report(fault.At(c.Position, "the axis %q is a range, and a condition asks for values of a list", c.Axis).Mend("write its values as a list, or leave the condition out"))
			case axes[at].Values != nil:
				r.checkConditionValues(c, axes[at].Values)
			}
		}
	}
	if cycle := conditionCycle(axes); good && cycle != nil {
		r.report(fault.At(cycle[0].Position, "the conditions of %s form a cycle", strings.Join(mapped(cycle, func(a Axis) string { return a.Name }), ", ")).Mend("leave one `when` out"))
	}
}

func (r *reader) checkConditionValues(c Condition, known []string) {
	for _, value := range c.Values {
		if !contains(known, value) {
			r.report(fault.At(c.Position, "the axis %q has no value %q", c.Axis, value).Mend(r.didYouMean(value, known)))
		}
	}
}

// conditionCycle gives axes that depend on each other in a cycle of several.
func conditionCycle(axes []Axis) []Axis {
	left := slices.Clone(axes)
	for {
		names := mapped(left, func(a Axis) string { return a.Name })
		rest := slices.DeleteFunc(slices.Clone(left), func(a Axis) bool {
			return !slices.ContainsFunc(a.When, func(c Condition) bool { return c.Axis != a.Name && slices.Contains(names, c.Axis) })
		})
		if len(rest) == len(left) {
			return firstCycle(rest)
		}
		left = rest
	}
}

// firstCycle follows the conditions of axes that all depend on others of them, until one returns.
func firstCycle(axes []Axis) []Axis {
	if len(axes) == 0 {
		return nil
	}
	names := mapped(axes, func(a Axis) string { return a.Name })
	var path []int
	for at := 0; ; {
		if i := slices.Index(path, at); i >= 0 {
			return mapped(path[i:], func(i int) Axis { return axes[i] })
		}
		path = append(path, at)
		next := slices.IndexFunc(axes[at].When, func(c Condition) bool { return c.Axis != axes[at].Name && slices.Contains(names, c.Axis) })
		at = slices.Index(names, axes[at].When[next].Axis)
	}
}

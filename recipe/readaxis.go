package recipe

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/loramerge/loramerge/internal/fault"
	"gopkg.in/yaml.v3"
)

// The entries of an axis that is written as a table.
const (
	wordMin   = "min"
	wordMax   = "max"
	wordStep  = "step"
	wordScale = "scale"

	keyValues Key[[]string]    = "values"
	keyWhen   Key[[]Condition] = "when"
)

// boundLimit keeps the width of a range finite, and whole numbers exact.
const boundLimit = 1e15

var axisRecord = RecordType{What: "an axis", Fields: []*Param{
	{Name: wordMin, Type: endType{}, Doc: "where the range begins; with a whole number at both ends its values are whole numbers"},
	{Name: wordMax, Type: endType{}, Doc: "where it ends"},
	{Name: wordStep, Type: NumberType{Min: 0, Max: boundLimit, ExclusiveMin: true, Single: true}, Doc: "from one value to the next; a range of a grid needs it, unless of whole numbers"},
	{Name: wordScale, Type: ChoiceType{"linear", "log"}, Default: "linear", Doc: "log: as many values from 0.01 to 0.1 as from 0.1 to 1"},
	{Name: string(keyValues), Type: axisValuesType{}, Doc: "instead of a range: a list"},
	{Name: string(keyWhen), Type: whenType{}, Doc: "values of other axes with which this one counts; with others its variable keeps its default"},
}, Instead: map[string]string{
	"low": minInstead, "lower": minInstead, "from": minInstead, "high": maxInstead, "upper": maxInstead, "to": maxInstead,
	"q": "write `step`", "log": "write `scale: log`", "value": "write the values as a list: [0.5]", "choices": "write `values`", "list": "write `values`", "choice": "write `values`",
	"distribution":  "leave it out: a list or a range says it, and `scale: log` is log-uniform",
	"probabilities": "leave it out: all values are equally likely", "type": "leave it out: a list or a range says it", "default": "write the default in the recipe's `vars`",
	"parameters": "write axes that depend on this one beside it, each with `when`", "num": "write `step`", "steps": "write `step`",
}}

const (
	minInstead = "write `min`: the first value"
	maxInstead = "write `max`: the last value"
)

// axesType is the table of axes: an []Axis.
type axesType struct{}

const axisForms = "a list of values, such as [0.2, 0.5], or a range, such as {min: 0.1, max: 0.8}"

// Describe shows both forms.
func (axesType) Describe() string {
	return "a table of variables, each with " + axisForms
}

func (axesType) schema(w *schemaWriter) schema {
	return byName(schema{"anyOf": []schema{axisValuesType{}.schema(w), axisRecord.schema(w)}})
}

func (t axesType) read(r *reader, node *yaml.Node) (any, bool) {
	entries, good := r.mapping(node)
	if node.Kind == yaml.MappingNode && len(entries) == 0 {
		r.mistake(node, "the sweep has no axes").Mend("write {density: [0.2, 0.5]}, with a variable of the recipe")
		good = false
	}
	var out []Axis
	for _, e := range entries {
		name, named := r.name(e.key)
		axis, ok := r.axis(e.value)
		good = good && named && ok
		axis.Position, axis.Name = r.at(e.key), name
		out = append(out, axis)
	}
	return out, good
}

// axis reads values or a range. One with a mistake has neither.
func (r *reader) axis(node *yaml.Node) (Axis, bool) {
	switch node.Kind {
	case yaml.SequenceNode:
		values, ok := axisValuesType{}.read(r, node)
		return Axis{Values: values.([]string)}, ok
	case yaml.MappingNode:
		read, good := axisRecord.read(r, node)
		p := read.(*Params)
		out := Axis{Values: keyValues.Of(p), When: keyWhen.Of(p)}
		if good {
			out.Range, good = r.axisRange(p)
		}
		return out, good
	}
	r.mistake(node, "%s is neither a list of values nor a range", show(node)).Mend("write " + axisForms)
	return Axis{}, false
}

// axisRange makes a range of the entries, unless they have values.
func (r *reader) axisRange(p *Params) (*Range, bool) {
	ends := slices.DeleteFunc([]string{wordMin, wordMax, wordStep, wordScale}, func(name string) bool { return !p.Has(name) })
	switch {
	case keyValues.In(p) && len(ends) > 0:
		r.report(fault.At(p.At(ends[0]), "an axis with values has no %s", ends[0]).Mend("leave one of the two out"))
		return nil, false
	case keyValues.In(p):
		return nil, true
	case !p.Has(wordMin) && !p.Has(wordMax):
		r.report(fault.At(p.at, "the axis has no values").Mend("write " + axisForms))
		return nil, false
	case !p.Has(wordMin) || !p.Has(wordMax):
		lacks := wordMin
		if p.Has(wordMin) {
			lacks = wordMax
		}
		r.report(fault.At(p.at, "the range has no %s", lacks).Mend("add `" + lacks + "`; both ends belong to a range"))
		return nil, false
	}
	from, to := Key[end](wordMin).Of(p), Key[end](wordMax).Of(p)
	out := &Range{Position: p.at, Min: from.value, Max: to.value, Log: Key[string](wordScale).Of(p) == "log", Whole: from.whole && to.whole}
	if step := Key[*Number](wordStep).Of(p); step != nil {
		out.Step = step.value
	}
	if m := out.check(p); m != nil {
		r.report(m)
		return nil, false
	}
	return out, true
}

// stepLimit bounds the values of a range with steps.
const stepLimit = 1_000_000

// check finds what keeps the entries from being a range.
func (g *Range) check(p *Params) *fault.Fault {
	switch {
	case g.Min > g.Max:
		return fault.At(p.At(wordMin), "the range begins at %v and ends at %v", g.Min, g.Max).Mend("exchange min and max")
	case g.Min == g.Max:
		return fault.At(p.At(wordMin), "the range has one value, %v", g.Min).Mend("write the values as a list, or another max")
	case g.Log && g.Min <= 0:
		return fault.At(p.At(wordMin), "a range with `scale: log` begins above 0, and this one at %v", g.Min).Mend("write a min above 0, or leave `scale: log` out")
	case g.Log && g.Step > 0:
		return fault.At(p.At(wordStep), "a range with `scale: log` has no step").Mend("leave one of the two out, or write the values as a list: " + g.few())
	case g.Whole && g.Step == 0 && g.Max-g.Min == 1:
		return fault.At(p.At(wordMin), "whole numbers from %s to %s are two values", decimal(g.Min), decimal(g.Max)).
			Mend(fmt.Sprintf("write [%s, %s] if they are meant, and {min: %s.0, max: %s.0} for the numbers between them", decimal(g.Min), decimal(g.Max), decimal(g.Min), decimal(g.Max)))
	case g.Whole && g.Step != math.Trunc(g.Step):
		return fault.At(p.At(wordStep), "the step is %v, and min and max are whole numbers", g.Step).
			Mend(fmt.Sprintf("write a whole step, or {min: %s.0, max: %s.0}", decimal(g.Min), decimal(g.Max)))
	case g.Step > 0:
		return g.checkStep(p)
	}
	return nil
}

// checkStep: steps lead from one end to the other.
func (g *Range) checkStep(p *Params) *fault.Fault {
	steps := (g.Max - g.Min) / g.Step
	whole := math.Round(steps)
	switch {
	case steps > stepLimit:
		return fault.At(p.At(wordStep), "in steps of %v the range has more than %d values", g.Step, stepLimit).Mend("write a larger step, or leave it out")
	case whole >= 1 && math.Abs(steps-whole) < 1e-6:
		return nil
	case steps < 1:
		return fault.At(p.At(wordStep), "the step is %v, and the range ends after %v", g.Step, shortest(g.Max-g.Min)).Mend("write a smaller step")
	}
	last := shortest(g.Min + math.Floor(steps)*g.Step)
	return fault.At(p.At(wordMax), "in steps of %v from %v the range ends at %v, not at %v", g.Step, g.Min, last, g.Max).
		Mend(fmt.Sprintf("write `max: %v` or `max: %v`", last, shortest(g.Min+math.Ceil(steps)*g.Step)))
}

// decimal is a number without an exponent.
func decimal(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// shortest drops what sums of decimal fractions leave behind their digits.
func shortest(x float64) float64 {
	y, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 12, 64), 64)
	return y
}

// stepped is the remedy for a grid's range without one.
func (g *Range) stepped() string {
	if g.Log {
		return "write the values as a list: " + g.few()
	}
	return fmt.Sprintf("add `step`, such as %v, or write the values as a list", shortest((g.Max-g.Min)/4))
}

// few are five values of the range with both ends.
func (g *Range) few() string {
	var out []string
	for k := range 5 {
		share := float64(k) / 4
		x := g.Min + share*(g.Max-g.Min)
		if g.Log {
			x = g.Min * math.Pow(g.Max/g.Min, share)
		}
		x, _ = strconv.ParseFloat(strconv.FormatFloat(x, 'g', 2, 64), 64)
		switch k {
		case 0:
			x = g.Min
		case 4:
			x = g.Max
		}
		out = append(out, fmt.Sprint(x))
	}
	return "[" + strings.Join(slices.Compact(out), ", ") + "]"
}

// end is one of a range's.
type end struct {
	value float64
	whole bool // as it was written: 8, not 8.0
}

// endType is a number at the end of a range: an end.
type endType struct{}

var endNumber = NumberType{Min: -boundLimit, Max: boundLimit, Single: true}

// Describe says so.
func (endType) Describe() string { return "a number" }

func (endType) schema(w *schemaWriter) schema { return endNumber.schema(w) }

func (endType) read(r *reader, node *yaml.Node) (any, bool) {
	n, ok := r.number(node, endNumber, nil)
	if !ok {
		return nil, false
	}
	return end{n.value, node.ShortTag() == "!!int"}, true
}

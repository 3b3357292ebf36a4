package plan

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/loramerge/loramerge/internal/mapkeys"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// StageChange is how a stage, or the recipe's head where Stage is empty, differs
// between two recipes.
type StageChange struct {
	Stage string `json:"stage,omitempty"`
	What  string `json:"what"` // "stage", "verb", "inputs", "adapters", "keep", "allow", or a parameter
	Was   string `json:"was,omitempty"`
	Is    string `json:"is,omitempty"`
}

// Diff compares two recipes by meaning, that is by what their stages expand to: the
// order of lines, the form of a number, a default that was left out, a shorthand or its
// expansion, the names of stages in between are no change. What is merged
// differently is, and so are stages that come or go, and where an output is saved.
func Diff(a, b *recipe.Recipe) []StageChange {
	d := &recipeDiff{a: outlineOf(a), b: outlineOf(b), changes: []StageChange{}}
	d.add("", "name", a.Name, b.Name)
	d.add("", "base", a.Base, b.Base)
	for _, name := range mapkeys.United(d.a.written, d.b.written) {
		d.stage(name)
	}
	return d.changes
}

type recipeDiff struct {
	a, b    *outline
	changes []StageChange
}

func (d *recipeDiff) add(stage, what, was, is string) {
	change := StageChange{stage, what, was, is}
	if was != is && !slices.Contains(d.changes, change) {
		d.changes = append(d.changes, change)
	}
}

// stage compares what is written under one name in the two recipes.
func (d *recipeDiff) stage(name string) {
	was, is := d.a.written[name], d.b.written[name]
	switch {
	case !d.differs(was, is):
	case was == nil || is == nil:
		d.add(name, "stage", asWritten(was), asWritten(is))
	case was.Verb != is.Verb:
		d.add(name, "verb", was.Verb.Name, is.Verb.Name)
		d.inputs(was, is)
		before, after := writtenTexts(was), writtenTexts(is)
		for _, param := range mapkeys.United(before, after) {
			d.add(name, param, before[param], after[param])
		}
	default:
		d.inputs(was, is)
		// Steps that only one of them has follow from a parameter that chooses the expansion.
		kind, _ := stages.Find(was.Verb.Name)
		before, after := was.Params.Texts(), is.Params.Texts()
		for _, param := range was.Verb.ParamNames() {
			if kind.Chooses(param) {
				d.add(name, param, before[param], after[param])
			}
		}
		steps := d.b.steps[name]
		for _, key := range mapkeys.United(d.a.steps[name], steps) {
			if step, other := d.a.steps[name][key], steps[key]; step != nil && other != nil {
				d.step(step, other)
			}
		}
	}
}

// differs reports whether a stage of one recipe means something that no stage of the other
// does.
func (d *recipeDiff) differs(was, is *recipe.Stage) bool {
	changed := func(s *recipe.Stage, own, other *outline) bool {
		if s == nil {
			return false
		}
		for _, step := range own.steps[s.Name] {
			if !other.means[own.meaning(step)] {
				return true
			}
		}
		return false
	}
	return changed(was, d.a, d.b) || changed(is, d.b, d.a)
}

// step compares two steps of one verb, of what is written under one name.
func (d *recipeDiff) step(was, is *recipe.Stage) {
	d.add(was.Name, "keep", strconv.FormatBool(was.Keep), strconv.FormatBool(is.Keep))
	d.add(was.Name, "allow", was.AllowText(), is.AllowText())
	before, after := d.a.texts(was), d.b.texts(is)
	x, y := d.a.resolved(was), d.b.resolved(is)
	for _, param := range mapkeys.United(x, y) {
		from, to := before[param], after[param]
		if from == to { // a table by adapter, of adapters in another order
			from, to = x[param], y[param]
		}
		switch {
		case x[param] == y[param]:
		case param == wordSeed && d.a.inheritsSeed(was) && d.b.inheritsSeed(is):
			d.add("", wordSeed, from, to)
		case !d.sameReferences(was, is, param):
			name := was.Name
			if was.Params.Inherits(param) && is.Params.Inherits(param) {
				name = was.Origin.Name // which passes it to this step
			}
			d.add(name, param, from, to)
		}
	}
}

// inputs compares the inputs of two stages.
func (d *recipeDiff) inputs(was, is *recipe.Stage) {
	paths := was.Verb.Takes == recipe.TakesPaths || is.Verb.Takes == recipe.TakesPaths
	if paths || !d.sameInputs(was.Inputs, is.Inputs) {
		d.add(was.Name, "inputs", was.InputsText(), is.InputsText())
	}
}

// sameInputs reports whether references lead to results that are the same, or to stages of
// one name, whose own differences are listed with them.
func (d *recipeDiff) sameInputs(was, is []recipe.Reference) bool {
	return slices.EqualFunc(was, is, func(x, y recipe.Reference) bool {
		return x.Adapter == y.Adapter && (x.Stage == y.Stage || d.a.result(x.Stage) == d.b.result(y.Stage))
	})
}

func (d *recipeDiff) sameReferences(was, is *recipe.Stage, param string) bool {
	if !was.Verb.Declares(param) || !is.Verb.Declares(param) {
		return false
	}
	x, references := was.Params.Value(param).([]recipe.Reference)
	y, both := is.Params.Value(param).([]recipe.Reference)
	return references && both && d.sameInputs(x, y)
}

// writtenTexts are the parameters of a stage that were written.
func writtenTexts(s *recipe.Stage) map[string]string {
	out, all := make(map[string]string), s.Params.Texts()
	for _, name := range s.Params.Written() {
		out[name] = all[name]
	}
	return out
}

func asWritten(s *recipe.Stage) string {
	if s == nil {
		return ""
	}
	return fmt.Sprintf("%s: %s", s.Verb.Name, s.InputsText())
}

package merge

import (
	"fmt"
	"strconv"

	"github.com/loramerge/loramerge/recipe"
)

// StageChange is how a stage, or the recipe's head where Stage is empty, differs
// between two recipes.
type StageChange struct {
	Stage string `json:"stage,omitempty"`
	What  string `json:"what"` // "stage", "verb", "inputs", or a parameter
	Was   string `json:"was,omitempty"`
	Is    string `json:"is,omitempty"`
}

// DiffRecipes compares two recipes by meaning: what is written in another order, in
// another form or as a default that was left out is no change. A shorthand is compared
// as it was written.
func DiffRecipes(a, b *recipe.Recipe) []StageChange {
	d := &recipeDiff{changes: []StageChange{}}
	d.add("", "name", a.Name, b.Name)
	d.add("", "base", a.Base, b.Base)
	d.add("", "seed", strconv.FormatUint(a.Seed, 10), strconv.FormatUint(b.Seed, 10))
	was, is := stagesByName(a), stagesByName(b)
	for _, name := range unitedKeys(was, is) {
		d.stage(name, was[name], is[name])
	}
	return d.changes
}

type recipeDiff struct{ changes []StageChange }

func stagesByName(r *recipe.Recipe) map[string]*recipe.Stage {
	out := make(map[string]*recipe.Stage, len(r.Stages))
	for _, s := range r.Stages {
		out[s.Name] = s
	}
	return out
}

func (d *recipeDiff) add(stage, what, was, is string) {
	if was != is {
		d.changes = append(d.changes, StageChange{stage, what, was, is})
	}
}

// stage compares two stages, of which one may be nil.
func (d *recipeDiff) stage(name string, was, is *recipe.Stage) {
	if was == nil || is == nil {
		d.add(name, "stage", asWritten(was), asWritten(is))
		return
	}
	d.add(name, "verb", was.Verb.Name, is.Verb.Name)
	d.add(name, "inputs", was.InputsText(), is.InputsText())
	d.add(name, "keep", strconv.FormatBool(was.Keep), strconv.FormatBool(is.Keep))
	before, after := was.Params.Texts(), is.Params.Texts()
	for _, param := range unitedKeys(before, after) {
		d.add(name, param, before[param], after[param])
	}
}

func asWritten(s *recipe.Stage) string {
	if s == nil {
		return ""
	}
	return fmt.Sprintf("%s: %s", s.Verb.Name, s.InputsText())
}

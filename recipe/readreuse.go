package recipe

import (
	"regexp"
	"slices"

	"gopkg.in/yaml.v3"
)

// recipeFile distinguishes a recipe's path from an adapter's folder, which may well be called
// `recipe` in a table of paths.
const recipeFile = `\.ya?ml$`

var recipeFileForm = regexp.MustCompile(recipeFile)

// reuseParams are the entries of such a table.
var reuseParams = []*Param{
	{Name: wordRecipe, Type: recipePathType{}, Required: true, Doc: "another recipe, relative to this recipe's file; its saves are not run"},
	{Name: wordStage, Type: ReferenceType{}, Required: true, Doc: "the stage to load from it; a single adapter gets the load's name, several keep theirs"},
	{Name: wordSet, Type: valuesType{}, Doc: "values for the other recipe's variables, instead of their defaults"},
}

// ReuseParams declares the entries of a load of another recipe's stage.
func ReuseParams() []*Param { return reuseParams }

// namesRecipe reports whether the table of a load names another recipe's stage.
func namesRecipe(entries []entry) bool {
	return slices.ContainsFunc(entries, func(e entry) bool {
		return e.name == wordRecipe && e.value.Kind == yaml.ScalarNode && recipeFileForm.MatchString(e.value.Value)
	})
}

func (r *reader) reuse(stage *Stage, node *yaml.Node, entries []entry) bool {
	use, good := &Reuse{}, true
	names := mapped(reuseParams, func(p *Param) string { return p.Name })
	for _, e := range entries {
		at := slices.Index(names, e.name)
		if at < 0 {
			r.mistake(e.key, "a load of another recipe's stage has no %s", show(e.key)).Mend(r.didYouMean(e.name, names))
			good = false
			continue
		}
		value, ok := reuseParams[at].Type.read(r, e.value)
		good = good && ok
		if ok {
			use.set(e.name, r.at(e.value), value)
		}
	}
	if good && !has(entries, wordStage) {
		r.mistake(node, "the load does not say which stage of the other recipe to load").Mend("add `stage`: one of that recipe's stages")
		return false
	}
	stage.Reuse = use
	return good
}

func (u *Reuse) set(word string, at Position, value any) {
	switch word {
	case wordRecipe:
		u.Position, u.Path = at, value.(string)
	case wordStage:
		u.Stage = *value.(*Reference)
	case wordSet:
		u.Set = value.([]Variable)
	}
}

// recipePathType is the path of a recipe: a string.
type recipePathType struct{}

// Describe says how one is known.
func (recipePathType) Describe() string { return "a path that ends in .yaml or .yml" }

func (recipePathType) read(r *reader, node *yaml.Node) (any, bool) { return node.Value, true }

// valuesType is a table of values for variables: a []Variable.
type valuesType struct{}

// Describe shows one.
func (valuesType) Describe() string { return "a table of values by variable, such as {density: 0.3}" }

func (valuesType) read(r *reader, node *yaml.Node) (any, bool) {
	entries, good := r.mapping(node)
	var out []Variable
	for _, e := range entries {
		name, named := r.name(e.key)
		if e.value.Kind != yaml.ScalarNode || e.value.ShortTag() == "!!null" {
			r.mistake(e.value, "the value of a variable can't be %s", show(e.value)).Mend("write a number or a text")
			named = false
		}
		good = good && named
		out = append(out, Variable{Position: r.at(e.key), Name: name, Value: e.value.Value})
	}
	return out, good
}

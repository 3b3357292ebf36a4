package recipe

import (
	"strconv"

	"gopkg.in/yaml.v3"
)

// field is an entry of a recipe's top level. Reading, the schema and the reference
// follow from this declaration, as they do from a verb's.
type field struct {
	Param
	set func(*Recipe, any) // nil for what is read before the others
}

// fields are in the order in which people write them.
var fields = []*field{
	{Param{Name: "version", Type: versionType{}, Required: true, Doc: "the version of the recipe language"}, func(*Recipe, any) {}},
	{Param{Name: "name", Type: TextType{"a name"}, Doc: "what the merge is called"}, func(r *Recipe, v any) { r.Name = v.(string) }},
	{Param{Name: wordSeed, Type: CountType{}, Doc: "the seed of every stage that draws at random and has none of its own; 0 if not given"}, func(r *Recipe, v any) { r.Seed = v.(uint64) }},
	{Param{Name: "base", Type: TextType{"the base model's name"}, Doc: "the base model's name; the author vouches that adapters which name it differently belong together"}, func(r *Recipe, v any) { r.Base = v.(string) }},
	{Param: Param{Name: wordVars, Type: variablesType{}, Doc: "variables with their defaults; any value below can use them as ${name}, and `--set name=value` sets one"}},
	{Param{Name: wordStages, Type: stagesType{}, Required: true, Doc: "the stages by name, in any order; they refer to each other by name"}, func(r *Recipe, v any) { r.Stages = v.([]*Stage) }},
	{Param{Name: wordSweep, Type: sweepType{}, Doc: "the search for good values of the variables, by `loramerge sweep`"}, func(r *Recipe, v any) { r.Sweep = v.(*Sweep) }},
}

// Fields declares the entries of a recipe's top level.
func Fields() []*Param {
	return mapped(fields, func(f *field) *Param { return &f.Param })
}

func findField(name string) *field {
	for _, f := range fields {
		if f.Name == name {
			return f
		}
	}
	return nil
}

func (r *reader) recipe(root *yaml.Node, out *Recipe) {
	entries, _ := r.mapping(root)
	r.variables(root, entries, out)
	for _, e := range entries {
		f := findField(e.name)
		if f == nil {
			r.mistake(e.key, "a recipe has no %s", show(e.key)).Mend(r.didYouMean(e.name, mapped(fields, func(f *field) string { return f.Name })))
		} else if f.set != nil && !r.passes(e.name) {
			if value, ok := f.Type.read(r, e.value); ok {
				f.set(out, value)
			}
		}
	}
	for _, f := range fields {
		if f.Required && root.Kind == yaml.MappingNode && !has(entries, f.Name) {
			remedy := firstRecipe
			if f.Name == "version" && len(entries) > 0 {
				remedy = "add the line `version: 1`"
			}
			r.mistake(root, "the recipe has no %q", f.Name).Mend(remedy)
		}
	}
	r.resolveReferences(out)
	if out.Sweep != nil {
		r.checkVariables(out.Sweep, out.Vars, out.Stages)
	}
}

// passes reports whether an entry is none of this reading: the sweep of a recipe that another
// one loads.
func (r *reader) passes(entry string) bool { return entry == wordSweep && r.use != nil }

// versionType is the one version of the language that there is.
type versionType struct{}

// Describe gives it.
func (versionType) Describe() string { return strconv.Itoa(Version) }

func (versionType) read(r *reader, node *yaml.Node) (any, bool) {
	if node.Value != strconv.Itoa(Version) {
		r.mistake(node, "%s is not a version of the recipe language that this program knows", show(node)).Mend("write `version: 1`")
		return nil, false
	}
	return node.Value, true
}

// stagesType is the table of stages: a []*Stage.
type stagesType struct{}

// Describe shows one.
func (stagesType) Describe() string {
	return "a table of stages, such as {python: {load: adapters/python}, …}"
}

// read gives what could be read, whatever the mistakes, so that more can be found.
func (stagesType) read(r *reader, node *yaml.Node) (any, bool) { return r.stages(node), true }

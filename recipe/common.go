package recipe

import "gopkg.in/yaml.v3"

// common is what any verb takes beside its own parameters.
var common = declarations{
	{Name: "keep", Type: SwitchType{}, Doc: "true to keep the stage's values in the cache, regardless of their cost"},
	{Name: "allow", Type: warningsType{}, Doc: "warnings of this stage that are known and not to be printed, by the names that `loramerge errors` knows them by", NotInDigest: true},
}

// Common declares what is allowed with any verb.
func Common() []*Param { return common }

// common takes what was read of one of these.
func (s *Stage) common(name string, value any) {
	switch v := value.(type) {
	case bool:
		s.Keep = v
	case []Allowed:
		s.Allow = v
	default:
		panic("recipe: nobody takes " + name)
	}
}

// Allowed is a warning that whoever wrote a stage knows of.
type Allowed struct {
	Position
	Warning string // its name
}

// warningsType is the name of a warning or a list of them: an []Allowed.
type warningsType struct{}

// Describe shows one.
func (warningsType) Describe() string {
	return "the name of a warning such as factor-space, or a list of them"
}

func (warningsType) read(r *reader, node *yaml.Node) (any, bool) {
	return oneOrList(r, node, "name a warning, or leave it out", func(item *yaml.Node) (Allowed, bool) {
		name, ok := r.text(item, "the name of a warning")
		return Allowed{r.at(item), name}, ok
	})
}

func (warningsType) schema(w *schemaWriter) schema {
	one := textSchema()
	return w.part("warnings", func(schema) schema { return orList(one) })
}

// AllowText is what is allowed, as the language has it.
func (s *Stage) AllowText() string {
	if len(s.Allow) == 0 {
		return ""
	}
	return listText(s.Allow, func(a Allowed) string { return a.Warning })
}

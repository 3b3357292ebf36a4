package recipe

import (
	"regexp"

	"gopkg.in/yaml.v3"
)

// RecordType is a table of declared entries and no others: a *Params.
type RecordType struct {
	What    string // one of them: "a task"
	Fields  []*Param
	Instead map[string]string // names that one might expect, and what to do
	Example string            // one, where that says more than the names of the entries
}

// Describe names the entries, and shows one.
func (t RecordType) Describe() string {
	text := "a table of " + List(declarations(t.Fields).names())
	if t.Example != "" {
		text += ", such as " + t.Example
	}
	return text
}

// decimals are what a comma cuts off from a number.
var decimals = regexp.MustCompile(`^[0-9]+$`)

func (t RecordType) read(r *reader, node *yaml.Node) (any, bool) {
	p := newParams(t.What, t.Fields, r.at(node))
	if node.Kind != yaml.MappingNode && t.Example != "" {
		r.mistake(node, "%s is not a table", show(node)).Mend("write it like this: " + t.Example)
		return p, false
	}
	entries, good := r.mapping(node)
	if node.Kind != yaml.MappingNode {
		return p, false
	}
	for _, e := range entries {
		remedy, expected := t.Instead[e.name]
		if decimals.MatchString(e.name) && e.value.ShortTag() == "!!null" {
			remedy, expected = "write a fraction with a point: 0."+e.name, true
		}
		if expected {
			r.mistake(e.key, "%s has no parameter %s", t.What, show(e.key)).Mend(remedy)
			good = false
			continue
		}
		good = r.param(p, e) && good
	}
	return p, r.complete(p, node, entries) && good
}

func (t RecordType) schema(w *schemaWriter) schema { return tableSchema(t.Fields, w) }

// RecordsType is a record or a list of them: a []*Params.
type RecordsType struct{ Each RecordType }

// Describe names the entries.
func (t RecordsType) Describe() string { return t.Each.Describe() + ", or a list of these" }

func (t RecordsType) read(r *reader, node *yaml.Node) (any, bool) {
	return oneOrList(r, node, "write "+t.Each.Describe(), func(item *yaml.Node) (*Params, bool) {
		p, ok := t.Each.read(r, item)
		return p.(*Params), ok
	})
}

func (t RecordsType) schema(w *schemaWriter) schema { return orList(t.Each.schema(w)) }

// Named is a record under a name that the recipe's author chose.
type Named struct {
	Position // of the name
	Name     string
	*Params
}

// NamedType is a table of records by their names: a []Named, in the order of the file.
type NamedType struct{ Each RecordType }

// Describe names the entries of each.
func (t NamedType) Describe() string { return "a table by name, each " + t.Each.Describe() }

func (t NamedType) read(r *reader, node *yaml.Node) (any, bool) {
	entries, good := r.mapping(node)
	var out []Named
	for _, e := range entries {
		name, named := r.name(e.key)
		p, ok := t.Each.read(r, e.value)
		good = good && named && ok
		out = append(out, Named{r.at(e.key), name, p.(*Params)})
	}
	if node.Kind == yaml.MappingNode && len(entries) == 0 {
		r.mistake(node, "the table is empty").Mend("write " + t.Describe())
		good = false
	}
	return out, good
}

func (t NamedType) schema(w *schemaWriter) schema { return byName(t.Each.schema(w)) }

// RecordFields are the entries that tables of a type declare; nil for types without any.
func RecordFields(t Type) (what string, fields []*Param) {
	switch t := t.(type) {
	case RecordType:
		return t.What, t.Fields
	case RecordsType:
		return t.Each.What, t.Each.Fields
	case NamedType:
		return t.Each.What, t.Each.Fields
	case sweepType:
		return sweepRecord.What, sweepRecord.Fields
	case axesType:
		return axisRecord.What, axisRecord.Fields
	}
	return "", nil
}

package recipe

import (
	"strings"

	"gopkg.in/yaml.v3"
)

// NamesType is a name or a list of them: a []string.
type NamesType struct{ What string }

// Describe says what the names are of.
func (t NamesType) Describe() string { return t.What + ", or a list of them" }

func (t NamesType) read(r *reader, node *yaml.Node) (any, bool) {
	return oneOrList(r, node, "write "+t.What, func(item *yaml.Node) (string, bool) { return r.text(item, t.What) })
}

func (NamesType) schema(*schemaWriter) schema { return orList(textSchema()) }

// PicksType is a name, a list of names, or a table that says which adapter each is to be
// taken from: a []Pick.
type PicksType struct{ What string }

// Pick is a name, and the adapter that it is to be taken from; empty for any that has it.
type Pick struct {
	Position
	Name, From string
}

// Describe gives the forms.
func (t PicksType) Describe() string {
	return t.What + ", a list of these, or a table that gives each the adapter to take it from"
}

func (t PicksType) read(r *reader, node *yaml.Node) (any, bool) {
	if node.Kind != yaml.MappingNode {
		names, good := NamesType(t).read(r, node)
		var out []Pick
		for _, name := range names.([]string) {
			out = append(out, Pick{Position: r.at(node), Name: name})
		}
		return out, good
	}
	entries, good := r.mapping(node)
	var out []Pick
	for _, e := range entries {
		from, ok := r.text(e.value, "the name of an adapter, or stage.adapter")
		good = good && ok
		out = append(out, Pick{Position: r.at(e.value), Name: e.name, From: from})
	}
	return out, good
}

func (PicksType) schema(*schemaWriter) schema {
	return schema{"anyOf": []schema{orList(textSchema()), {"type": "object", "additionalProperties": textSchema()}}}
}

func picksText(picks []Pick) string {
	if len(picks) > 0 && picks[0].From != "" {
		return table(picks, func(p Pick) (string, string) { return p.Name, quoted(p.From) })
	}
	return "[" + strings.Join(mapped(picks, func(p Pick) string { return quoted(p.Name) }), ", ") + "]"
}

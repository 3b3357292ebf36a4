package recipe

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// ChoicesType is one of a few words, or a list of them: a []string.
type ChoicesType struct {
	Words   []string
	Instead map[string]string // words that one might expect, and what to write instead
}

// Describe lists the words.
func (t ChoicesType) Describe() string { return strings.Join(t.Words, ", ") + "; or a list of these" }

func (t ChoicesType) read(r *reader, node *yaml.Node) (any, bool) {
	items := []*yaml.Node{node}
	if node.Kind == yaml.SequenceNode {
		items = node.Content
	}
	var out []string
	good := r.filled(node, items, "write one of "+strings.Join(t.Words, ", "))
	for _, item := range items {
		item = resolve(item)
		if item.Kind == yaml.ScalarNode && slices.Contains(t.Words, item.Value) {
			out = append(out, item.Value)
			continue
		}
		remedy, expected := t.Instead[item.Value]
		if !expected {
			remedy = r.oneOf(item, t.Words)
		}
		r.mistake(item, "%s is not one of %s", show(item), strings.Join(t.Words, ", ")).Mend(remedy)
		good = false
	}
	return out, good
}

func (t ChoicesType) schema(w *schemaWriter) schema {
	return orList(w.orVariable(schema{"enum": t.Words}))
}

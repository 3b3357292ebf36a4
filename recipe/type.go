package recipe

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// Type is what values a parameter can have and how they are written.
type Type interface {
	// Describe says in a few words what may be written.
	Describe() string
	read(r *reader, node *yaml.Node) (any, bool)
	schema(w *schemaWriter) schema
}

// CountType is a whole number: a uint64.
type CountType struct{ Min uint64 }

// Describe gives the least value.
func (t CountType) Describe() string {
	if t.Min == 0 {
		return "a whole number"
	}
	return fmt.Sprintf("a whole number ≥ %d", t.Min)
}

func (t CountType) read(r *reader, node *yaml.Node) (any, bool) {
	n, err := strconv.ParseUint(node.Value, 10, 64)
	if node.Kind != yaml.ScalarNode || node.ShortTag() != "!!int" || err != nil || n < t.Min {
		r.mistake(node, "%s is not %s", show(node), t.Describe()).Mend("write " + t.Describe())
		return nil, false
	}
	return n, true
}

// ChoiceType is one of a few words: a string.
type ChoiceType []string

// Describe lists the words.
func (t ChoiceType) Describe() string { return strings.Join(t, ", ") }

func (t ChoiceType) read(r *reader, node *yaml.Node) (any, bool) {
	for _, word := range t {
		if node.Kind == yaml.ScalarNode && node.Value == word {
			return word, true
		}
	}
	r.mistake(node, "%s is not one of %s", show(node), t.Describe()).Mend(r.oneOf(node, t))
	return nil, false
}

// TextType is any non-empty text: a string.
type TextType struct{ What string }

// Describe says what the text is.
func (t TextType) Describe() string { return t.What }

func (t TextType) read(r *reader, node *yaml.Node) (any, bool) { return r.text(node, t.What) }

// ReferenceType names a stage: a *Reference.
type ReferenceType struct{}

// Describe says so.
func (ReferenceType) Describe() string { return "a stage, or one of its adapters: stage.adapter" }

func (ReferenceType) read(r *reader, node *yaml.Node) (any, bool) {
	ref, ok := r.reference(node)
	return &ref, ok
}

// ReferencesType names a stage, or several whose adapters are joined, as a verb's inputs
// are: a []Reference. They are an input of the stage beside the main one.
type ReferencesType struct{}

// Describe says so.
func (ReferencesType) Describe() string {
	return ReferenceType{}.Describe() + ", or a list of these"
}

func (ReferencesType) read(r *reader, node *yaml.Node) (any, bool) {
	return r.references(node, "write a stage's name, or a list of them")
}

// GlobsType is a module glob or a list of them: a []Glob.
type GlobsType struct{}

// Describe shows one.
func (GlobsType) Describe() string { return `a module glob such as "*.q_proj", or a list of them` }

func (GlobsType) read(r *reader, node *yaml.Node) (any, bool) {
	return oneOrList(r, node, `write a glob such as "*.q_proj"`, func(item *yaml.Node) (Glob, bool) {
		text, ok := r.text(item, "a module glob")
		return Glob{r.at(item), text}, ok
	})
}

// PinsType is a SHA-256 in hexadecimal, or a table of them by adapter: a
// map[string]string, whose only key is "" where one hash was written.
type PinsType struct{}

// Describe says so.
func (PinsType) Describe() string {
	return "64 hexadecimal digits, or a table of them for the adapters"
}

var hashForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

func (t PinsType) read(r *reader, node *yaml.Node) (any, bool) {
	entries, good := []entry{{"", node, node}}, true
	if node.Kind == yaml.MappingNode {
		entries, good = r.mapping(node)
	}
	pins := make(map[string]string)
	for _, e := range entries {
		if !hashForm.MatchString(e.value.Value) {
			r.mistake(e.value, "%s is not a SHA-256", show(e.value)).Mend("write " + t.Describe() + ", as sha256sum prints it")
			good = false
		}
		pins[e.name] = e.value.Value
	}
	return pins, good
}

// Rename is another beginning of modules' names.
type Rename struct{ From, To string }

// Renames are beginnings to replace, sorted; the longest that a name begins with counts.
type Renames []Rename

// Apply gives a module's new name, and the place of the Rename that made it, or -1.
func (r Renames) Apply(module string) (string, int) {
	best := -1
	for i, x := range r {
		if strings.HasPrefix(module, x.From) && (best < 0 || len(x.From) > len(r[best].From)) {
			best = i
		}
	}
	if best < 0 {
		return module, -1
	}
	return r[best].To + module[len(r[best].From):], best
}

// RenamesType is a table of new beginnings by old ones: Renames.
type RenamesType struct{}

// Describe shows one.
func (RenamesType) Describe() string {
	return `a table from old to new beginnings of names, such as {"model.": "model.language_model."}`
}

func (t RenamesType) read(r *reader, node *yaml.Node) (any, bool) {
	if node.Kind != yaml.MappingNode || len(node.Content) == 0 {
		r.mistake(node, "%s is not a table of names", show(node)).Mend("write {old.prefix.: new.prefix.}")
		return nil, false
	}
	entries, good := r.mapping(node)
	var out Renames
	for _, e := range entries {
		if e.value.Kind != yaml.ScalarNode || e.value.ShortTag() == "!!null" {
			r.mistake(e.value, "%s is not the beginning of a name", show(e.value)).Mend("write {old.prefix.: new.prefix.}, or \"\" for none")
			good = false
			continue
		}
		for _, part := range []struct {
			node *yaml.Node
			text string
		}{{e.key, e.name}, {e.value, e.value.Value}} {
			if !isBeginning(part.text) {
				r.mistake(part.node, "%q does not end with a dot, as the beginning of a module's name does", part.text).Mend(fmt.Sprintf("write %q, or for names without dots, as in kohya's files, %q, or \"\" for none", part.text+".", part.text+"_"))
				good = false
			}
		}
		out = append(out, Rename{e.name, e.value.Value})
	}
	slices.SortFunc(out, func(x, y Rename) int { return strings.Compare(x.From, y.From) })
	return out, good
}

// isBeginning reports whether a text ends where a part of a module's name does: with a dot, or in
// names without one, as kohya's sd-scripts write them, with an underscore.
func isBeginning(text string) bool {
	return text == "" || strings.HasSuffix(text, ".") || strings.HasSuffix(text, "_") && !strings.Contains(text, ".")
}

// SwitchType is true or false: a bool.
type SwitchType struct{}

// Describe gives both.
func (SwitchType) Describe() string { return "true, false" }

func (SwitchType) read(r *reader, node *yaml.Node) (any, bool) {
	var on bool
	if node.Kind != yaml.ScalarNode || node.ShortTag() != "!!bool" || node.Decode(&on) != nil {
		r.mistake(node, "%s is neither true nor false", show(node)).Mend("write true or false")
		return nil, false
	}
	return on, true
}

// ChoicesType is one of a few words, or a list of them: a []string.
type ChoicesType struct {
	Words   []string
	Instead map[string]string // words that one might expect, and what to write instead
}

// Describe lists the words.
func (t ChoicesType) Describe() string { return strings.Join(t.Words, ", ") + "; or a list of these" }

func (t ChoicesType) read(r *reader, node *yaml.Node) (any, bool) {
	words := strings.Join(t.Words, ", ")
	return oneOrList(r, node, "write one of "+words, func(item *yaml.Node) (string, bool) {
		if item.Kind == yaml.ScalarNode && slices.Contains(t.Words, item.Value) {
			return item.Value, true
		}
		remedy, expected := t.Instead[item.Value]
		if !expected {
			remedy = r.oneOf(item, t.Words)
		}
		r.mistake(item, "%s is not one of %s", show(item), words).Mend(remedy)
		return "", false
	})
}

func (t ChoicesType) schema(w *schemaWriter) schema {
	return orList(w.orVariable(schema{"enum": t.Words}))
}

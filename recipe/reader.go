package recipe

import (
	"fmt"
	"slices"

	"github.com/hashicorp/go-multierror"
	"github.com/loramerge/loramerge/internal/fault"
	"gopkg.in/yaml.v3"
)

// reader walks the nodes of one file and gathers every mistake it meets.
type reader struct {
	file     string
	verbs    []*Verb
	mistakes multierror.Error
	compared int                 // pairs of letters, for suggestions
	given    map[string]string   // values of variables, instead of their defaults
	use      *Reuse              // what gives them, if another recipe loads this one
	grown    int                 // bytes that variables have added
	unset    map[*yaml.Node]bool // values whose variable has none; that is reported already
	used     map[string]bool     // variables that something uses, other than the sweep

	whole  map[*yaml.Node]string // values that are nothing but a variable, and which
	naming map[string]bool       // variables that name a stage
}

func (r *reader) at(node *yaml.Node) Position {
	return Position{File: r.file, Line: node.Line, Column: node.Column}
}

// mistakeLimit bounds how many mistakes are listed: aliases can repeat one a million times.
const mistakeLimit = 20_000

// mistake gathers what is wrong at a node; the remedy may follow.
func (r *reader) mistake(node *yaml.Node, format string, args ...any) *fault.Fault {
	m := fault.At(r.at(node), format, args...)
	if r.unset[node] {
		return m
	}
	switch n := len(r.mistakes.Errors); {
	case n < mistakeLimit:
		r.report(m)
	case n == mistakeLimit:
		r.report(fault.At(r.at(node), "there are more than %d mistakes", mistakeLimit).Mend("fix the others first"))
	}
	return m
}

func (r *reader) report(m *fault.Fault) { r.mistakes.Errors = append(r.mistakes.Errors, m) }

// entry is one line of a mapping.
type entry struct {
	name       string
	key, value *yaml.Node
}

// mapping gives a node's entries in the order of the file; a duplicate name is
// a mistake, and only its first entry is kept.
func (r *reader) mapping(node *yaml.Node) ([]entry, bool) {
	if node.Kind != yaml.MappingNode {
		r.mistake(node, "%s is not a table", show(node)).Mend("write it as `name: value`")
		return nil, false
	}
	good := true
	first := make(map[string]int)
	var out []entry
	for i := 0; i < len(node.Content); i += 2 {
		key := resolve(node.Content[i])
		if key.Kind != yaml.ScalarNode {
			r.mistake(key, "a name can't be %s", show(key)).Mend("write a plain name before the colon")
			good = false
			continue
		}
		if line, twice := first[key.Value]; twice {
			r.mistake(key, "%s is a duplicate of the one in line %d", show(key), line).Mend("remove one of the two")
			good = false
			continue
		}
		first[key.Value] = key.Line
		out = append(out, entry{key.Value, key, resolve(node.Content[i+1])})
	}
	return out, good
}

// resolve follows an alias to what its anchor marks.
func resolve(node *yaml.Node) *yaml.Node {
	for node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	return node
}

func (r *reader) text(node *yaml.Node, what string) (string, bool) {
	if node.Kind != yaml.ScalarNode || node.Value == "" || node.ShortTag() == "!!null" {
		r.mistake(node, "%s is not %s", show(node), what).Mend("write " + what)
		return "", false
	}
	return node.Value, true
}

// filled reports a list with nothing in it.
func (r *reader) filled(node *yaml.Node, items []*yaml.Node, remedy string) bool {
	if len(items) == 0 {
		r.mistake(node, "the list is empty").Mend(remedy)
	}
	return len(items) > 0
}

// name reads the name of a stage or an adapter.
func (r *reader) name(node *yaml.Node) (string, bool) {
	switch name := node.Value; {
	case !nameForm.MatchString(name):
		r.mistake(node, "%s can't be a name", show(node)).Mend("use up to 100 letters, digits, _ and -, beginning with a letter")
		return name, false
	case slices.Contains(ReservedNames, name):
		r.mistake(node, "%q has a meaning of its own in tables of numbers", name).Mend("choose another name")
		return name, false
	default:
		return name, true
	}
}

func (r *reader) reference(node *yaml.Node) (Reference, bool) {
	if node.Kind == yaml.ScalarNode {
		r.naming[r.whole[node]] = true
		if m := referenceForm.FindStringSubmatch(node.Value); m != nil {
			return Reference{r.at(node), m[1], m[2]}, true
		}
	}
	r.mistake(node, "%s is not a stage's name", show(node)).Mend("write a stage's name, or stage.adapter for one of its adapters")
	return Reference{}, false
}

// show describes a node for a message, shortened and on one line.
func show(node *yaml.Node) string {
	switch node.Kind {
	case yaml.MappingNode:
		return "a table"
	case yaml.SequenceNode:
		return "a list"
	}
	if node.ShortTag() == "!!null" {
		return "nothing"
	}
	text := []rune(node.Value)
	if len(text) > 40 {
		text = append(text[:40], '…')
	}
	if inQuotes(node) {
		return fmt.Sprintf("the text %q", string(text))
	}
	return fmt.Sprintf("%q", string(text))
}

func inQuotes(node *yaml.Node) bool {
	return node.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0
}

const firstRecipe = "a recipe begins like this: {version: 1, stages: {a: {load: path/to/adapter}, …}}"

const (
	// SizeLimit bounds a recipe's file, in bytes; ten thousand stages need half of it.
	SizeLimit = 1 << 20
	// nodeLimit bounds what aliases may expand to.
	nodeLimit = 1 << 20
)

// The reserved words of the forms of a number; no adapter can have one as its name.
const (
	wordDefault = "default"
	wordModules = "modules"
	wordLayers  = "layers"
)

// ReservedNames can be the name of neither a stage nor an adapter: in tables of numbers
// they say how the numbers vary.
var ReservedNames = []string{wordDefault, wordModules, wordLayers}

// references reads one reference or a list of them.
func (r *reader) references(node *yaml.Node, remedy string) ([]Reference, bool) {
	return oneOrList(r, node, remedy, r.reference)
}

// oneOrList reads a value, or a list of them that is not empty.
func oneOrList[V any](r *reader, node *yaml.Node, remedy string, read func(*yaml.Node) (V, bool)) ([]V, bool) {
	items := []*yaml.Node{node}
	if node.Kind == yaml.SequenceNode {
		items = node.Content
	}
	var out []V
	good := r.filled(node, items, remedy)
	for _, item := range items {
		value, ok := read(resolve(item))
		good = good && ok
		out = append(out, value)
	}
	return out, good
}

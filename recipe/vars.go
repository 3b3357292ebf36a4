package recipe

import (
	"bytes"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/loramerge/loramerge/internal/fault"
	"gopkg.in/yaml.v3"
)

// variablesType is the table of variables: a []Variable.
type variablesType struct{}

// Describe shows one.
func (variablesType) Describe() string {
	return "a table of variables and their defaults, such as {density: 0.5, out: out/merged}; one without a default must be given"
}

func (t variablesType) read(r *reader, node *yaml.Node) (any, bool) {
	entries, good := r.mapping(node)
	var out []Variable
	for _, e := range entries {
		v := Variable{Position: r.at(e.key), Name: e.name, Value: e.value.Value}
		v.quoted = e.value.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
		v.missing = e.value.ShortTag() == "!!null"
		if _, named := r.name(e.key); !named {
			continue
		}
		if e.value.Kind != yaml.ScalarNode {
			r.mistake(e.value, "the default of a variable can't be %s", show(e.value)).Mend("write a number or a text")
			v.broken = true
		} else if variableForm.MatchString(v.Value) {
			r.mistake(e.value, "the default of a variable can't take another variable").Mend("write the value out")
			v.broken = true
		}
		out = append(out, v)
	}
	return out, good
}

// variables reads `vars` and puts the values where they are used, except in `version`,
// which says how all else is read.
func (r *reader) variables(root *yaml.Node, entries []entry, out *Recipe) {
	top := &yaml.Node{Line: 1, Column: 1}
	for _, e := range entries {
		if e.name == wordVars {
			top = e.key
			declared, _ := variablesType{}.read(r, e.value)
			out.Vars = declared.([]Variable)
		}
	}
	r.giveValues(top, out.Vars)
	if root.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i < len(root.Content); i += 2 {
		name := root.Content[i].Value
		if name == wordVars || name == "version" || r.passes(name) {
			continue
		}
		used := maps.Clone(r.used)
		r.substitute(root.Content[i+1], out.Vars)
		if name != wordStages && name != wordSeed {
			r.used = used // of no consequence for what is made
		}
	}
}

func findVariable(name string, vars []Variable) *Variable {
	if i := slices.IndexFunc(vars, func(v Variable) bool { return v.Name == name }); i >= 0 {
		return &vars[i]
	}
	return nil
}

// giveValues puts the values that were given instead of the defaults.
func (r *reader) giveValues(at *yaml.Node, vars []Variable) {
	for _, name := range slices.Sorted(maps.Keys(r.given)) {
		v := findVariable(name, vars)
		if v == nil {
			r.unknownGiven(at, name, vars)
			continue
		}
		v.given = v.missing || v.quoted || v.Value != r.given[name]
		v.Value, v.quoted, v.missing = r.given[name], false, false
	}
}

// unknownGiven reports a value for a variable that is not there: where another recipe
// gives it, in that one.
func (r *reader) unknownGiven(top *yaml.Node, name string, vars []Variable) {
	at := r.at(top)
	if r.use != nil {
		at = r.use.at(name)
	}
	r.mistakes.Errors = append(r.mistakes.Errors, fault.At(at, "the recipe has no variable %q, which was given a value", name).Mend(r.variableRemedy(name, vars)))
}

// substitute visits every scalar value below a node once: what an alias refers to is
// visited at its anchor. Keys are names, and stay.
func (r *reader) substitute(node *yaml.Node, vars []Variable) {
	switch node.Kind {
	case yaml.ScalarNode:
		r.fill(node, vars)
	case yaml.SequenceNode:
		for _, item := range node.Content {
			r.substitute(item, vars)
		}
	case yaml.MappingNode:
		for i := 1; i < len(node.Content); i += 2 {
			r.substitute(node.Content[i], vars)
		}
	}
}

// fill puts values into one scalar. One that is nothing but ${name} becomes what the
// variable is, quoted or not; in others the values are text, and the whole is then read as
// YAML reads it, unless it has quotes.
func (r *reader) fill(node *yaml.Node, vars []Variable) {
	if !strings.Contains(node.Value, "${") {
		return
	}
	var only *Variable
	value := variableForm.ReplaceAllStringFunc(node.Value, func(use string) string {
		if strings.HasPrefix(use, "$$") {
			return use[1:]
		}
		v := r.variable(node, use[2:len(use)-1], vars)
		if v == nil {
			return use
		}
		if use == node.Value {
			only, r.whole[node] = v, v.Name
		}
		return v.Value
	})
	switch {
	case only != nil && !only.quoted:
		node.Tag, node.Style = "", 0
	case only == nil && node.Style == 0:
		node.Tag = ""
	}
	node.Value = value
}

// variable finds what a use names, and makes a node unreadable whose variable has no value.
func (r *reader) variable(node *yaml.Node, name string, vars []Variable) *Variable {
	v := findVariable(name, vars)
	switch {
	case v == nil:
		shown := show(&yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: name})
		r.mistake(node, "there is no variable %s", shown).Mend(r.variableRemedy(name, vars))
	case v.broken:
	case v.missing:
		r.mistake(node, "the variable %q has no value", name).Mend(r.missingRemedy(name))
	case r.grown > SizeLimit:
		r.mistake(node, "the variables of this file expand to more than %d bytes", SizeLimit).Mend("write the values out")
	default:
		r.grown += len(v.Value)
		r.used[name] = true
		return v
	}
	r.unset[node], node.Kind = true, 0
	return nil
}

func (r *reader) missingRemedy(name string) string {
	if r.use != nil {
		return fmt.Sprintf("give it one with `set: {%s: …}` where the recipe is loaded, at %s, or a default in `vars`", name, r.use.Position)
	}
	return fmt.Sprintf("give it one with `--set %s=…`, or a default in `vars`", name)
}

func (r *reader) variableRemedy(name string, vars []Variable) string {
	if len(vars) == 0 {
		return "declare it under `vars`; for the text itself write $${…}"
	}
	return r.didYouMean(name, mapped(vars, func(v Variable) string { return v.Name }))
}

// Given names the first variable, in the order of the file, that has another value than its
// default; empty where none has.
func (r *Recipe) Given() string {
	for _, v := range r.Vars {
		if v.given {
			return v.Name
		}
	}
	return ""
}

// givenForm is a line of what withGiven adds.
var givenForm = regexp.MustCompile(`(?m)^#   ("(?:[^"\\\n]|\\.)*"): ("(?:[^"\\\n]|\\.)*")$`)

// GivenIn reads the comment at the end of a Source: the values that were given to variables.
func GivenIn(source []byte) map[string]string {
	at := bytes.LastIndex(source, []byte(givenHead))
	if at < 0 {
		return nil
	}
	given := make(map[string]string)
	for _, parts := range givenForm.FindAllSubmatch(source[at:], -1) {
		name, errName := strconv.Unquote(string(parts[1]))
		value, errValue := strconv.Unquote(string(parts[2]))
		if errName == nil && errValue == nil {
			given[name] = value
		}
	}
	return given
}

const givenHead = "\n# These variables were given:\n"

// withGiven adds a comment to a recipe's text, without which it would not say what was run.
func withGiven(source []byte, given map[string]string) []byte {
	if len(given) == 0 {
		return source
	}
	text := slices.Clone(bytes.TrimRight(source, "\n"))
	text = append(text, "\n"+givenHead...)
	for _, name := range slices.Sorted(maps.Keys(given)) {
		text = fmt.Appendf(text, "#   %q: %q\n", name, given[name])
	}
	return text
}

// Entries of a recipe that others than their declarations know.
const (
	wordVars   = "vars"
	wordSeed   = "seed"
	wordStages = "stages"
)

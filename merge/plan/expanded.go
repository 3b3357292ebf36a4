package plan

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/go-multierror"
	"gopkg.in/yaml.v3"

	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// Expanded is what a recipe means, as YAML for people and line by line comparisons: the stages by name
// with their shorthands expanded, each parameter on a line, defaults filled in, values instead of
// variables. Its errors are Faults.
func Expanded(r *recipe.Recipe) ([]byte, error) {
	root := mapping("version", scalar(strconv.Itoa(recipe.Version)))
	for _, head := range [][2]string{{"name", r.Name}, {"base", r.Base}} {
		if head[1] != "" {
			add(root, head[0], &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: head[1]})
		}
	}
	add(root, wordSeed, scalar(strconv.FormatUint(r.Seed, 10)))
	table := mapping()
	var mistakes *multierror.Error
	written := slices.SortedFunc(slices.Values(r.Stages), func(x, y *recipe.Stage) int { return strings.Compare(x.Name, y.Name) })
	for _, s := range written {
		steps, err := stages.Expand(s)
		mistakes = multierror.Append(mistakes, err)
		for _, step := range steps {
			add(table, step.Name, expandedStep(step))
		}
	}
	add(root, "stages", table)
	if err := mistakes.ErrorOrNil(); err != nil {
		return nil, err
	}
	var text bytes.Buffer
	encoder := yaml.NewEncoder(&text)
	encoder.SetIndent(2)
	if err := encoder.Encode(root); err != nil {
		return nil, fmt.Errorf("%s: %w", r.File, err)
	}
	return text.Bytes(), nil
}

// expandedStep is a stage after its shorthand was expanded.
func expandedStep(s *recipe.Stage) *yaml.Node {
	out := mapping(s.Verb.Name, parsed(s.InputsText()))
	texts := s.Params.Texts()
	if s.Keep {
		texts["keep"] = "true"
	}
	if allow := s.AllowText(); allow != "" {
		texts["allow"] = allow
	}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		if texts[name] != "~" {
			add(out, name, parsed(texts[name]))
		}
	}
	return out
}

// parsed is the node of a value's text: tables are spread over lines, lists of words are not.
func parsed(text string) *yaml.Node {
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(text), &document); err != nil || document.Kind != yaml.DocumentNode {
		panic(fmt.Sprintf("plan: the text of a value is not YAML: %s: %v", text, err))
	}
	spread(document.Content[0])
	return document.Content[0]
}

// spread takes away the quotes that a text does not need, and reports whether anything of a node takes a
// line of its own.
func spread(n *yaml.Node) bool {
	if n.Style == yaml.DoubleQuotedStyle {
		n.Style, n.Tag = 0, "!!str"
	}
	table := n.Kind == yaml.MappingNode
	for _, inner := range n.Content {
		table = spread(inner) || table
	}
	if table {
		n.Style &^= yaml.FlowStyle
	}
	return table
}

func mapping(pairs ...any) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	for i := 0; i+1 < len(pairs); i += 2 {
		add(n, pairs[i].(string), pairs[i+1].(*yaml.Node))
	}
	return n
}

func add(to *yaml.Node, key string, value *yaml.Node) {
	to.Content = append(to.Content, scalar(key), value)
}

func scalar(text string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: text} }

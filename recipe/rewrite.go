package recipe

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/loramerge/loramerge/internal/fault"
	"gopkg.in/yaml.v3"
)

// Rewrite is a recipe's text with other defaults of variables, without its sweep, and without the
// stages named. All other text stays as it is, comments too, except for those of what goes. What
// comes out is read again and compared; a Fault without a file says what can't be rewritten.
func Rewrite(source []byte, values map[string]string, without []string) ([]byte, error) {
	w := &rewriter{}
	if err := w.read(source); err != nil {
		return nil, err
	}
	if w.root.Kind != yaml.MappingNode {
		return nil, fault.At(w.at(w.root), "a recipe is a table").Mend(firstRecipe)
	}
	want := clone(w.root)
	steps := []func(root, want *yaml.Node) error{func(root, want *yaml.Node) error { return w.remove(root, want, wordSweep) }}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		steps = append(steps, func(root, want *yaml.Node) error { return w.setDefault(root, want, name, values[name]) })
	}
	for _, name := range without {
		steps = append(steps, func(root, want *yaml.Node) error { return w.removeStage(root, want, name) })
	}
	for _, step := range steps {
		if err := step(w.root, want); err != nil {
			return nil, err
		}
		if err := w.read(w.source); err != nil || !alike(w.root, want) {
			return nil, fault.At(w.at(want), "the recipe can't be rewritten without a change of its meaning").Mend("write its `vars`, `sweep` and stages in plain YAML, without anchors, an entry a line")
		}
	}
	return w.source, nil
}

// rewriter changes a text step by step, and reads it again after each.
type rewriter struct {
	reader
	text
	root *yaml.Node
}

func (w *rewriter) read(source []byte) error {
	w.reader, w.text = reader{}, newText(source)
	w.root = w.reader.root(source)
	return w.mistakes.ErrorOrNil()
}

// replace puts text between two offsets.
func (w *rewriter) replace(from, to int, text string) {
	w.source = slices.Concat(w.source[:from], []byte(text), w.source[to:])
}

// setDefault writes a value instead of a variable's default.
func (w *rewriter) setDefault(root, want *yaml.Node, name, value string) error {
	at := indexOf(root, wordVars)
	if at < 0 || indexOf(resolve(root.Content[at+1]), name) < 0 {
		return fault.At(w.at(root), "the recipe declares no variable %q", name).Mend("declare it under `vars`")
	}
	vars := resolve(root.Content[at+1])
	i := indexOf(vars, name)
	key, node := vars.Content[i], vars.Content[i+1]
	if variableForm.MatchString(value) {
		return fault.At(w.at(node), "%q can't be the default of a variable, which takes no other", value).Mend("write another value")
	}
	plain := plainValue(value)
	if node.Kind == yaml.ScalarNode && node.Value == value && (node.Style == 0 || !plain) && node.ShortTag() != "!!null" {
		return nil
	}
	scalar, text := &yaml.Node{Kind: yaml.ScalarNode, Value: value}, value
	if !plain {
		scalar.Style, text = yaml.DoubleQuotedStyle, strconv.Quote(value)
	}
	wanted := resolve(want.Content[indexOf(want, wordVars)+1])
	wanted.Content[indexOf(wanted, name)+1] = scalar
	from, to, ok := w.valueSpan(key, node)
	if !ok {
		return fault.At(w.at(node), "the default of %q is not written so that it can be replaced", name).Mend("write it in one line")
	}
	if w.source[from-1] == ':' {
		text = " " + text
	}
	w.replace(from, to, text)
	return nil
}

// plainForm is what YAML reads as it is, within braces too.
var plainForm = regexp.MustCompile(`^[+-]?[A-Za-z0-9_./][A-Za-z0-9_./@+-]*$`)

// plainValue reports whether a value can be written without quotes.
func plainValue(value string) bool {
	return plainForm.MatchString(value) && strings.Trim(value, ".-") != "" && (&yaml.Node{Kind: yaml.ScalarNode, Value: value}).ShortTag() != "!!null"
}

// removeStage takes a stage out.
func (w *rewriter) removeStage(root, want *yaml.Node, name string) error {
	at := indexOf(root, wordStages)
	if at < 0 || indexOf(root.Content[at+1], name) < 0 {
		return fault.At(w.at(root), "the recipe has no stage %q of its own to leave out", name).Mend("write its stages below `stages`")
	}
	return w.remove(root.Content[at+1], want.Content[indexOf(want, wordStages)+1], name)
}

// remove takes an entry out of a table, if it is there, with its comments.
func (w *rewriter) remove(table, want *yaml.Node, name string) error {
	at := indexOf(table, name)
	if at < 0 {
		return nil
	}
	want.Content = slices.Delete(want.Content, at, at+2)
	key := table.Content[at]
	from := w.offset(key)
	to, ok := w.end(table.Content[at+1], key)
	flow := table.Style&yaml.FlowStyle != 0
	if !ok || !flow && !w.blank(w.lineStart(from), from) {
		return fault.At(w.at(key), "%s can't be taken out as it is written", show(key)).Mend("write it in plain YAML, an entry a line")
	}
	if to = max(from, to); !flow {
		from, to = w.wholeLines(from, to, key.Column-1)
		w.replace(from, to, "")
		return nil
	}
	switch behind := w.skip(to); {
	case behind < len(w.source) && w.source[behind] == ',':
		to = behind + 1
		if w.blank(w.lineStart(from), from) && w.blank(to, w.lineEnd(to)) {
			from, to = w.lineStart(from), w.lineEnd(to)
		}
		for to < len(w.source) && w.source[to] == ' ' && w.lineStart(from) != from {
			to++
		}
	case at > 0:
		// The comma before it goes too; a comment between the two hides it, and it may stay.
		if before := strings.TrimRight(string(w.source[:from]), " \t\r\n"); strings.HasSuffix(before, ",") {
			from = len(before) - 1
		}
	}
	w.replace(from, to, "")
	return nil
}

// wholeLines are those of an entry and its comments, with the empty lines before or after it if
// there are both.
func (w *rewriter) wholeLines(from, to, indent int) (int, int) {
	from = w.commentsBefore(w.lineStart(from), indent)
	if w.lineStart(to) != to {
		to = w.lineEnd(to)
	}
	to = w.commentsBehind(to, indent)
	before := strings.TrimRight(string(w.source[:from]), " \t\r\n")
	if to == len(w.source) && before != "" {
		return w.lineEnd(len(before)), to
	}
	for w.lineEnd(len(before)) < from && to < len(w.source) {
		next := w.lineEnd(to)
		if strings.TrimSpace(string(w.source[to:next])) != "" {
			break
		}
		to = next
	}
	return from, to
}

// indexOf is the place of a key among the content of a table, or -1.
func indexOf(table *yaml.Node, name string) int {
	if table.Kind != yaml.MappingNode {
		return -1
	}
	for i := 0; i < len(table.Content); i += 2 {
		if key := resolve(table.Content[i]); key.Kind == yaml.ScalarNode && key.Value == name {
			return i
		}
	}
	return -1
}

// clone copies a tree; what aliases refer to is copied for each of them.
func clone(node *yaml.Node) *yaml.Node {
	out := *resolve(node)
	out.Content = mapped(out.Content, clone)
	return &out
}

// alike reports whether two trees mean the same.
func alike(x, y *yaml.Node) bool {
	if x == nil || y == nil {
		return x == y
	}
	x, y = resolve(x), resolve(y)
	const quotes = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
	if x.Kind != y.Kind || x.Value != y.Value || x.Style&quotes != y.Style&quotes || x.Kind != yaml.ScalarNode && x.ShortTag() != y.ShortTag() || len(x.Content) != len(y.Content) {
		return false
	}
	for i := range x.Content {
		if !alike(x.Content[i], y.Content[i]) {
			return false
		}
	}
	return true
}

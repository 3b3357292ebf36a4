package recipe

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// Words are those of a command, as a program gets them.
type Words []string

func (w Words) text() string { return "[" + strings.Join(mapped(w, quoted), ", ") + "]" }

// WordsType is a list of words, never a line that a shell would split: Words.
type WordsType struct{}

// Describe shows one.
func (WordsType) Describe() string { return "a list of words, such as [python3, eval.py]" }

func (t WordsType) read(r *reader, node *yaml.Node) (any, bool) {
	if node.Kind != yaml.SequenceNode {
		remedy := "write " + t.Describe()
		if fields := strings.Fields(node.Value); node.Kind == yaml.ScalarNode && len(fields) > 0 && !strings.ContainsAny(node.Value, "\"'\\|&;<>()$`*?{}[],:#") {
			remedy = "write the words in a list, since no shell reads them: [" + strings.Join(fields, ", ") + "]"
		}
		r.mistake(node, "%s is not a list of words", show(node)).Mend(remedy)
		return nil, false
	}
	var out Words
	good := r.filled(node, node.Content, "write "+t.Describe())
	for _, item := range node.Content {
		item = resolve(item)
		if item.Kind != yaml.ScalarNode || item.ShortTag() == "!!null" {
			r.mistake(item, "%s is not a word", show(item)).Mend("write a text, in quotes if it holds braces, colons or commas")
			good = false
		}
		out = append(out, item.Value)
	}
	if good && out[0] == "" {
		r.mistake(resolve(node.Content[0]), "the command has no name").Mend("write the program's name or path first")
		good = false
	}
	return out, good
}

func (WordsType) schema(*schemaWriter) schema {
	return schema{"type": "array", "minItems": 1, "items": schema{"type": []string{"string", "number", "boolean"}}}
}

// Texts are texts by the names of environment variables.
type Texts map[string]string

func (t Texts) text() string {
	return table(slices.Sorted(maps.Keys(t)), func(name string) (string, string) { return name, quoted(t[name]) })
}

// EnvironmentType is a table of environment variables: Texts.
type EnvironmentType struct{}

// Describe shows one.
func (EnvironmentType) Describe() string { return "a table of variables, such as {NAME: value}" }

var environmentForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,199}$`)

func (t EnvironmentType) read(r *reader, node *yaml.Node) (any, bool) {
	entries, good := r.mapping(node)
	out := make(Texts)
	for _, e := range entries {
		if !environmentForm.MatchString(e.name) {
			r.mistake(e.key, "%s can't be the name of an environment variable", show(e.key)).Mend("use letters, digits and _")
			good = false
		}
		if e.value.Kind != yaml.ScalarNode || e.value.ShortTag() == "!!null" {
			r.mistake(e.value, "%s is not a text", show(e.value)).Mend("write a text, or \"\" for none")
			good = false
		}
		out[e.name] = e.value.Value
	}
	return out, good
}

func (EnvironmentType) schema(*schemaWriter) schema {
	return schema{"type": "object", "propertyNames": schema{"pattern": environmentForm.String()},
		"additionalProperties": schema{"type": []string{"string", "number", "boolean"}}}
}

// DurationType is a length of time with its unit: a time.Duration.
type DurationType struct{}

// Describe shows some.
func (DurationType) Describe() string { return "a time with its unit, such as 90s, 30m or 2h" }

const durationForm = `^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$`

var durations = regexp.MustCompile(durationForm)

func (t DurationType) read(r *reader, node *yaml.Node) (any, bool) {
	length, err := time.ParseDuration(node.Value)
	if node.Kind != yaml.ScalarNode || err != nil || length <= 0 || !durations.MatchString(node.Value) {
		r.mistake(node, "%s is not a time", show(node)).Mend("write " + t.Describe())
		return nil, false
	}
	return length, true
}

func (DurationType) schema(w *schemaWriter) schema {
	return w.orVariable(schema{"type": "string", "pattern": durationForm})
}

// Span is a range of whole numbers from 0 up, both ends included.
type Span struct{ First, Last int }

func (s Span) text() string { return fmt.Sprintf("%d-%d", s.First, s.Last) }

// SpanType is the first and the last number with a hyphen between them: a Span.
type SpanType struct{ What string }

// Describe shows one.
func (t SpanType) Describe() string { return "the first and last of " + t.What + ", such as 0-199" }

const spanForm = `^[0-9]+-[0-9]+$`

var spans = regexp.MustCompile(spanForm)

func (t SpanType) read(r *reader, node *yaml.Node) (any, bool) {
	bad := func(what string) (any, bool) {
		r.mistake(node, "%s %s", show(node), what).Mend("write " + t.Describe() + "; they count from 0")
		return nil, false
	}
	if node.Kind != yaml.ScalarNode || !spans.MatchString(node.Value) {
		return bad("is not a range")
	}
	from, to, _ := strings.Cut(node.Value, "-")
	first, errFirst := strconv.Atoi(from)
	last, errLast := strconv.Atoi(to)
	switch {
	case errFirst != nil || errLast != nil || last > math.MaxInt32:
		return bad("is beyond what can be counted")
	case last < first:
		return bad("ends before it begins")
	}
	return Span{first, last}, true
}

func (SpanType) schema(w *schemaWriter) schema {
	return w.orVariable(schema{"type": "string", "pattern": spanForm})
}

package recipe

import (
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/loramerge/loramerge/internal/fault"
)

// TestRewrite: defaults change, and what goes takes its comments with it; all else stays to the byte.
func TestRewrite(t *testing.T) {
	for name, c := range map[string]struct {
		source, want string
		values       map[string]string
		without      []string
	}{
		"block": {
			source: `# yaml-language-server: $schema=x
version: 1

# how much
vars:
  method: by-sum   # the way
  size:   1.0
  text: 'a''b' # quoted
stages:
  # inputs
  a: {load: x}

  # what it is worth
  # on all tasks
  scores:
    evaluate: a   # the merge
    note: |
      # no comment

      text
    # done

  # the result
  out: {save: a, to: out}

# the search
sweep:
  axes:
    size: {min: 0.5, max: 1.5}
    # more to come
  goal: {task: x}   # one

# the end
`,
			values: map[string]string{"method": "by-ties", "size": "0.7304", "text": "a: b"}, without: []string{"scores"},
			want: `# yaml-language-server: $schema=x
version: 1

# how much
vars:
  method: by-ties   # the way
  size:   0.7304
  text: "a: b" # quoted
stages:
  # inputs
  a: {load: x}

  # the result
  out: {save: a, to: out}

# the end
`},
		"flow":       {source: "version: 1\nvars: {a: 1, b: \"2\", c: , d: [x]}\nstages: {a: {load: x}, b: {load: y}}\nsweep: {axes: {a: [1]}}", values: map[string]string{"a": "3", "b": "2", "c": "x y"}, without: []string{"b"}, want: "version: 1\nvars: {a: 3, b: 2, c: \"x y\" , d: [x]}\nstages: {a: {load: x}}\n"},
		"first":      {source: "version: 1\nstages: {a: {load: x}, b: {load: y}}\n", without: []string{"a"}, want: "version: 1\nstages: {b: {load: y}}\n"},
		"json":       {source: "{\n  \"version\": 1,\n  \"vars\": {\"a\": 0.5},\n  \"stages\": {\n    \"a\": {\"load\": \"x\"}\n  },\n  \"sweep\": {\n    \"goal\": {}\n  }\n}\n", values: map[string]string{"a": "1"}, want: "{\n  \"version\": 1,\n  \"vars\": {\"a\": 1},\n  \"stages\": {\n    \"a\": {\"load\": \"x\"}\n  }\n}\n"},
		"json first": {source: "{\n  \"sweep\": {\"goal\": {}}, # search\n  \"version\": 1\n}\n", want: "{\n  \"version\": 1\n}\n"},
		"crlf":       {source: "version: 1\r\nvars: {a: 1}\r\n# search\r\nsweep:\r\n  axes: {a: [1]}\r\nstages: {a: {load: x}}\r\n", values: map[string]string{"a": "2"}, want: "version: 1\r\nvars: {a: 2}\r\nstages: {a: {load: x}}\r\n"},
		"aliases":    {source: "version: 1\nvars: {a: &v 1, b: *v, c: *v}\nstages: {a: {load: *v}}\n", values: map[string]string{"b": "2"}, want: "version: 1\nvars: {a: &v 1, b: 2, c: *v}\nstages: {a: {load: *v}}\n"},
		"unused":     {source: "version: 1\nvars: {a: &v 1, b: !!str 1}\n", values: map[string]string{"a": "2", "b": "null"}, want: "version: 1\nvars: {a: 2, b: \"null\"}\n"},
		"folded":     {source: "version: 1\nvars:\n  a: one\n    two\n  b: >-\n    three\n\n    four\n  c: 5\n", values: map[string]string{"a": "1", "b": "2"}, want: "version: 1\nvars:\n  a: 1\n  b: 2\n  c: 5\n"},
		"as it was":  {source: "version: 1\nvars: {a: 'x', b: \"y z\", c: 1e-2}\n", values: map[string]string{"a": "x", "b": "y z", "c": "1e-2"}, want: "version: 1\nvars: {a: x, b: \"y z\", c: 1e-2}\n"},
		"mark":       {source: "\ufeffsweep: {}\nversion: 1\nvars: {ü: 1, b: 2}\n", values: map[string]string{"b": "3"}, want: "\ufeffversion: 1\nvars: {ü: 1, b: 3}\n"},
		"no newline": {source: "version: 1\nvars:\n  a:\nsweep:\n  - x\n  - |\n   y", values: map[string]string{"a": "-0.5"}, want: "version: 1\nvars:\n  a: -0.5\n"},
		"two":        {source: "stages: {a: 1, b: 2, c: 3, d: 4}\n", without: []string{"b", "c", "d"}, want: "stages: {a: 1}\n"},
		"two first":  {source: "stages: {a: 1, b: 2, c: 3, d: 4}\n", without: []string{"a", "b"}, want: "stages: {c: 3, d: 4}\n"},
		"same place": {source: "stages:\n  a: 1\n# b goes\n  # of b\n  b: 2\n  # of c\n  c: 3\n", without: []string{"b"}, want: "stages:\n  a: 1\n# b goes\n  # of c\n  c: 3\n"},
	} {
		got, err := Rewrite([]byte(c.source), c.values, c.without)
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %v\n%q\n%q", name, err, got, c.want)
		}
	}
}

func TestRewriteMistakes(t *testing.T) {
	for _, c := range []struct {
		source, want string
		values       map[string]string
		without      []string
	}{
		{"version: 1\nvars: {a: 1}\n", `1:1: the recipe declares no variable "b"; declare it under ` + "`vars`", map[string]string{"b": "1"}, nil},
		{"version: 1\n", `1:1: the recipe declares no variable "b"`, map[string]string{"b": "1"}, nil},
		{"version: 1\nvars: {a: 1}\n", `2:11: "${b}" can't be the default of a variable, which takes no other; write another value`, map[string]string{"a": "${b}"}, nil},
		{"version: 1\nstages: {a: {load: x}}\n", `1:1: the recipe has no stage "b" of its own to leave out; write its stages below ` + "`stages`", nil, []string{"b"}},
		{"version: 1\nvars: {a: &a 1, b: *a}\nstages: {s: {load: *a}}\n", "1:1: the recipe can't be rewritten without a change of its meaning; write its `vars`, `sweep` and stages in plain YAML, without anchors, an entry a line", map[string]string{"a": "2"}, nil},
		{"version: 1\nstages: {s: &s {load: x}, b: *s}\n", "1:1: the recipe can't be rewritten without a change of its meaning", nil, []string{"s"}},
		{"version: 1\n? sweep\n: {}\n", `2:3: "sweep" can't be taken out as it is written; write it in plain YAML, an entry a line`, nil, nil},
		{"version: 1\nvars: {a}\n", `2:9: the default of "a" is not written so that it can be replaced; write it in one line`, map[string]string{"a": "2"}, nil},
		{"- a\n", "1:1: a recipe is a table; a recipe begins like this", nil, nil},
		{"a: [\n", "2:1: this is not YAML", nil, nil},
	} {
		got, err := Rewrite([]byte(c.source), c.values, c.without)
		if err == nil || !strings.HasPrefix(strings.TrimPrefix(fault.List(err)[0].Error(), ":"), c.want) {
			t.Errorf("%q: %v, %q", c.source, err, got)
		}
	}
}

// FuzzRewrite: the result is the recipe with those values, or there is an error.
func FuzzRewrite(f *testing.F) {
	for _, seed := range fuzzSeeds {
		f.Add([]byte(seed), "0.25", "x")
		f.Add([]byte(strings.ReplaceAll(seed, "\n", "\r\n")), "a: b", "a")
	}
	f.Add([]byte("vars: {a: &x 'q', \"b\": >\n  c}\nstages:\n  ? a\n  : {load: y}\n  b: {load: z} # c\n# d\nsweep: # e\n- |\n f\nversion: 1\n"), "\"", "b")
	f.Fuzz(func(t *testing.T, source []byte, value, stage string) {
		if len(source) > 16<<10 {
			t.Skip()
		}
		before, err := parseRecords(string(source))
		if err != nil {
			t.Skip()
		}
		values := make(map[string]string)
		for i, v := range before.Vars {
			if values[v.Name] = v.Value; i%2 == 0 {
				values[v.Name] = value
			}
		}
		var without []string
		if _, there := before.Lookup(stage); there {
			without = []string{stage}
		}
		got, err := Rewrite(source, values, without)
		if err != nil {
			for _, e := range fault.List(err) {
				if _, ok := e.(*fault.Fault); !ok {
					t.Fatalf("%T: %v", e, e)
				}
			}
			return
		}
		given, err := ParseWith("r.yaml", source, append([]*Verb{recordVerb}, testVerbs...), values)
		if err != nil || (&yaml.Node{Kind: yaml.ScalarNode, Value: value}).ShortTag() == "!!null" {
			return // such a value is refused, or has a meaning only where nothing else is written
		}
		given.Stages = slices.DeleteFunc(given.Stages, func(s *Stage) bool { return slices.Contains(without, s.Name) })
		after, err := parseRecords(string(got))
		if err != nil && (without == nil || !strings.Contains(err.Error(), "there is no stage") && !strings.Contains(err.Error(), "has no stages")) {
			t.Fatalf("%q\n%q\n%v", source, got, err)
		}
		if err == nil && (after.Sweep != nil || string(after.Canonical()) != string(given.Canonical())) {
			t.Fatalf("%q\n%q\n%s\n%s", source, got, after.Canonical(), given.Canonical())
		}
	})
}

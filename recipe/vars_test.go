package recipe

import (
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/fault"
	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"
)

// withVars is a recipe with a table of variables and one stage, which is in line 4.
func withVars(vars, stage string) string {
	return "version: 1\nvars: " + vars + "\nstages:\n  s: " + stage + "\n  a: {load: x}\n"
}

// canonicalOf is the canonical text of the stage s.
func canonicalOf(t *testing.T, source string, given map[string]string) string {
	t.Helper()
	r, err := ParseWith("r.yaml", []byte(source), testVerbs, given)
	if err != nil {
		t.Fatalf("%s\n%v", source, err)
	}
	s, _ := r.Lookup("s")
	return s.canonical()
}

func TestVariables(t *testing.T) {
	for _, c := range []struct {
		vars, stage string
		given       map[string]string
		want        string
	}{
		{"{d: 0.3}", `{trim: a, density: "${d}"}`, nil, "{trim: a, density: 0.3}"},
		{"{d: 0.3}", "\n    trim: a\n    density: ${d}", nil, "{trim: a, density: 0.3}"},
		{"{d: 0.3}", `{trim: a, density: "${d}"}`, map[string]string{"d": "0.7"}, "{trim: a, density: 0.7}"},
		{"{d: }", `{trim: a, density: "${d}"}`, map[string]string{"d": "1"}, "{trim: a, density: 1}"},
		{"{n: 5}", "\n    trim: a\n    density: 0.${n}", nil, "{trim: a, density: 0.5}"},
		{"{d: 0.3, e: 0.4}", `{trim: a, density: {default: "${d}", modules: {"*": "${e}"}}}`, nil, `{trim: a, density: {default: 0.3, modules: {"*": 0.4}}}`},
		{"{d: 0.3}", `{slerp: a, t: ["${d}", {layers: [0, "${d}"]}]}`, nil, "{slerp: a, t: [0.3, {layers: [0, 0.3]}]}"},
		{"{in: a}", `{trim: "${in}"}`, nil, "{trim: a}"},
		{"{in: a}", `{trim: ["${in}"], scope: adapter}`, nil, `{trim: a, scope: "adapter"}`},
		{"{who: y}", `{trim: "a.${who}"}`, nil, "{trim: a.y}"},
		{"{k: true}", `{trim: a, keep: "${k}"}`, nil, "{trim: a}"},
		{"{r: 8}", `{factor: a, rank: "${r}"}`, nil, "{factor: a, rank: 8}"},
		{"{out: o}", `{save: a, to: "${out}/m-${out}"}`, nil, `{save: a, to: "o/m-o"}`},
		{"{out: o}", `{save: a, to: "$${out}"}`, nil, `{save: a, to: "$${out}"}`},
		{"{out: o}", `{save: a, to: "${out}"}`, map[string]string{"out": "x,y=z ${out}"}, `{save: a, to: "x,y=z $${out}"}`},
		{"{out: 2024}", `{save: a, to: "${out}"}`, nil, `{save: a, to: "2024"}`},
	} {
		if got := canonicalOf(t, withVars(c.vars, c.stage), c.given); got != c.want {
			t.Errorf("%s with %s and %v:\ngot  %s\nwant %s", c.stage, c.vars, c.given, got, c.want)
		}
	}
}

func TestVariableMistakes(t *testing.T) {
	for _, c := range []struct {
		vars, stage string
		given       map[string]string
		want        []string
	}{
		{"{density: 1}", `{trim: a, density: "${desnity}"}`, nil, []string{`4:25: there is no variable "desnity"; did you mean "density"?`}},
		{"{d: }", `{trim: a, density: "${d}"}`, nil, []string{"4:25: the variable \"d\" has no value; give it one with `--set d=…`, or a default in `vars`"}},
		{"{d: 2}", `{trim: a, density: "${d}"}`, nil, []string{"4:25: 2 is out of range"}},
		{`{d: "0.5"}`, `{trim: a, density: "${d}"}`, nil, []string{`4:25: the text "0.5" is not a number`}},
		{"{d: 0.5}", `{trim: a}`, map[string]string{"b": "1"}, []string{`2:1: the recipe has no variable "b", which was given a value; did you mean "d"?`}},
		{"{d: [1]}", `{trim: a, density: "${d}"}`, nil, []string{"2:11: the default of a variable can't be a list"}},
		{`{a: b, c: "${a}"}`, `{trim: a}`, nil, []string{"2:17: the default of a variable can't take another variable"}},
		{"{d: x}", `{save: "${e}", to: "${e}/${f}"}`, nil, []string{`4:13: there is no variable "e"`, `4:25: there is no variable "e"`}},
		{"{v: x}", `{load: "${path}"}`, nil, []string{`4:13: there is no variable "path"`}},
	} {
		_, err := ParseWith("r.yaml", []byte(withVars(c.vars, c.stage)), testVerbs, c.given)
		got := fault.List(err)
		for i := range max(len(got), len(c.want)) {
			if i >= len(got) || i >= len(c.want) || !strings.HasPrefix(got[i].Error(), "r.yaml:"+c.want[i]) {
				t.Errorf("%s with %s:\ngot  %v\nwant %v", c.stage, c.vars, got, c.want)
				break
			}
		}
	}
}

// A value that an alias repeats is substituted once, where it is marked.
func TestVariableInAlias(t *testing.T) {
	source := withVars("{out: o}", `{save: a, to: &to "$${out}/${out}"}`) + "  again: {save: a, to: *to}\n"
	r, err := parse(source)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := r.Lookup("again")
	if got := Key[string]("to").Of(again.Params); got != "${out}/o" {
		t.Errorf("got %q", got)
	}
}

// A few long values used often would fill the memory.
func TestVariablesAreBounded(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	uses := strings.Repeat("${v}", 100)
	_, err := parse(withVars("{v: "+long+"}", `{save: a, to: "`+uses+`"}`))
	if got := fault.List(err); len(got) != 1 || !strings.Contains(got[0].Error(), "the variables of this file expand to more than") {
		t.Errorf("got %d mistakes", len(got))
	}
}

// What was given is in the text that outputs carry, on lines of its own.
func TestGivenValuesAreInSource(t *testing.T) {
	r, err := ParseWith("r.yaml", []byte(withVars("{out: o}", `{save: a, to: "${out}"}`)), testVerbs, map[string]string{"out": "p\nstages: {}"})
	if err != nil {
		t.Fatal(err)
	}
	if want := "\n\n# These variables were given:\n#   \"out\": \"p\\nstages: {}\"\n"; !strings.HasSuffix(string(r.Source), want) {
		t.Errorf("got %s", r.Source)
	}
}

// Text that looks like a variable survives being written canonically and read again.
func TestEscapedText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("${}ad"))).Draw(t, "text")
		node := &yaml.Node{Kind: yaml.ScalarNode, Style: yaml.DoubleQuotedStyle, Tag: "!!str", Value: escaped(text)}
		r := &reader{unset: make(map[*yaml.Node]bool)}
		r.fill(node, nil)
		if len(r.mistakes.Errors) > 0 || node.Value != text {
			t.Fatalf("%q was read back as %q, %v", text, node.Value, r.mistakes.Errors)
		}
	})
}

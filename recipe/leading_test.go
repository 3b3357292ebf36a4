package recipe

import (
	"fmt"
	"strings"
	"testing"
)

// TestLeading: what leads to a stage, references of parameters included, in whatever order
// it is written; cycles and names of nothing end the way.
func TestLeading(t *testing.T) {
	r := mustParse(t, inStages(`  out: {save: r, to: out}
  r: {rescale: m, like: c}
  m: {average: [a, b]}
  c: {load: c}
  n: {average: [b, d]}
  d: {load: d}
  p: {save: n, to: p}
  x: {average: y}
  y: {average: x}`))
	for stages, want := range map[string]string{
		"out":   "out r m c a b",
		"n":     "n d b",
		"p out": "out r m c n d p a b",
		"x":     "x y",
		"":      "",
		"none":  "",
	} {
		var names []string
		for _, s := range r.Leading(strings.Fields(stages)...).Stages {
			names = append(names, s.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("what leads to %q is %q, want %q", stages, got, want)
		}
	}
	if len(r.Stages) != 11 {
		t.Error("the recipe itself was cut down")
	}
}

// TestChosen: what is hashed of parameters leaves out those at their defaults, however
// these are written, and tells what each adapter gets, whatever it is called.
func TestChosen(t *testing.T) {
	for line, want := range map[string]string{
		"{trim: a, density: 0.50}":                 "map[]",
		"{trim: a, density: 0.25, scope: tensor}":  "map[density:0.25]",
		"{trim: a, density: 0.25, scope: adapter}": `map[density:0.25 scope:"adapter"]`,
		"{average: a}":                                   "map[]",
		"{average: a, weights: {a: 1}}":                  "map[weights:1]",
		"{average: [a, b], weights: {default: 1, b: 1}}": "map[weights:1]",
		"{average: [a, b], weights: {a: 2, b: 2}}":       "map[weights:2]",
		"{average: [a, b], weights: {b: 3, a: 2}}":       "map[weights:[2, 3]]",
		"{average: [b, a], weights: {b: 3, a: 2}}":       "map[weights:[3, 2]]",
		"{average: [a, b], weights: {modules: {q: {a: 2, b: 3}}, default: {layers: [0, 1], default: 1}}}": "map[weights:[{default: {default: 1, layers: [0, 1]}, modules: {q: 2}}, {default: {default: 1, layers: [0, 1]}, modules: {q: 3}}]]",
		"{average: a, weights: 2, keep: true}": "map[weights:2]",
		"{rescale: a, like: b}":                "map[]",
	} {
		s, ok := mustParse(t, inStages("  s: "+line)).Lookup("s")
		if !ok {
			t.Fatal(line)
		}
		var adapters []string
		for _, ref := range s.Inputs {
			adapters = append(adapters, ref.Stage)
		}
		if got := fmt.Sprint(s.Params.Chosen(adapters)); got != want {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
}

// TestGivenIn: the values in the comment are those that were given, whatever they hold.
func TestGivenIn(t *testing.T) {
	source := "version: 1\nvars: {a: 1, b: x}\nstages: {l: {load: \"${b}\"}, s: {scale: l, by: \"${a}\"}}\n"
	for _, value := range []string{"y", "", "\"", "a: b # c", "line\nline", `\n`, "ü", "# These variables were given:"} {
		given := map[string]string{"a": "2", "b": value}
		r, _ := ParseWith("r.yaml", []byte(source), testVerbs, given)
		if got := GivenIn(r.Source); fmt.Sprint(got) != fmt.Sprint(given) {
			t.Errorf("%q: %v, want %v", value, got, given)
		}
		if r.Given() != "a" {
			t.Errorf("%q: first given is %q", value, r.Given())
		}
	}
	if got := GivenIn([]byte(source)); got != nil {
		t.Errorf("%v of nothing", got)
	}
	r, _ := ParseWith("r.yaml", []byte(source), testVerbs, map[string]string{"a": "1", "b": "x"})
	if r.Given() != "" {
		t.Errorf("the default is given: %q", r.Given())
	}
}

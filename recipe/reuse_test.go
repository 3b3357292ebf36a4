package recipe

import (
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/fault"
)

func TestReuse(t *testing.T) {
	for line, want := range map[string]string{
		"s: {load: {recipe: lib/other.yaml, stage: merged}}":                     `{load: {recipe: "lib/other.yaml", stage: merged}}`,
		"s: {load: {stage: trimmed.python, recipe: o.yml}}":                      `{load: {recipe: "o.yml", stage: trimmed.python}}`,
		"s: {load: {recipe: o.yaml, stage: m, set: {d: 0.3, c: \"a ${b}\"}}}":    `{load: {recipe: "o.yaml", set: {c: "a B", d: "0.3"}, stage: m}}`,
		"s: {load: {recipe: o.yaml, stage: m, set: {}}}":                         `{load: {recipe: "o.yaml", stage: m}}`,
		"s: {load: {recipe: \"${lib}\", stage: m}}":                              `{load: {recipe: "lib.yaml", stage: m}}`,
		"s: {load: {recipe: adapters/a, stage: adapters/b}}":                     `{load: {recipe: "adapters/a", stage: "adapters/b"}}`,
		"s: {load: {recipe: adapters/a.yaml/b, stage: b.yaml, set: adapters/c}}": `{load: {recipe: "adapters/a.yaml/b", stage: "b.yaml", set: "adapters/c"}}`,
	} {
		source := "version: 1\nvars: {b: B, lib: lib.yaml}\nstages:\n  " + line + "\n"
		if got := canonicalOf(t, source, nil); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", line, got, want)
		}
		if got := canonicalOf(t, "version: 1\nstages: {s: "+want+"}\n", nil); got != want {
			t.Errorf("%s is read as %s", want, got)
		}
	}
}

func TestReuseMistakes(t *testing.T) {
	for line, want := range map[string]string{
		"s: {load: {recipe: o.yaml}}":                               "3:13: the load does not say which stage of the other recipe to load; add `stage`",
		"s: {load: {recipe: o.yaml, stage: m, stagee: n}}":          `3:40: a load of another recipe's stage has no "stagee"; did you mean "stage"?`,
		"s: {load: {recipe: o.yaml, stage: [m]}}":                   "3:37: a list is not a stage's name",
		"s: {load: {recipe: o.yaml, stage: m, set: 0.3}}":           `3:45: "0.3" is not a table`,
		"s: {load: {recipe: o.yaml, stage: m, set: {d: [1]}}}":      "3:49: the value of a variable can't be a list",
		"s: {load: {recipe: o.yaml, stage: m, set: {d: }}}":         "3:49: the value of a variable can't be nothing",
		"s: {load: {recipe: \"${o}\", stage: m}}":                   `3:22: there is no variable "o"`,
		"s: {load: {recipe: o.yaml, stage: m, set: {d: 1, d: 2}}}":  `3:52: "d" is a duplicate of`,
		"s: {load: {recipe: o.yaml, stage: m, set: {\"d d\": 1}}}":  `3:46: the text "d d" can't be a name`,
		"s: {load: {recipe: o.yaml, stage: m, set: {d: \"${e}\"}}}": `3:49: there is no variable "e"`,
	} {
		expectMistakes(t, inStages("  "+line), want)
	}
}

// What is wrong with the values that a load gives is told where it gives them, what is
// wrong in the recipe that it loads is told there.
func TestReusedVariables(t *testing.T) {
	r := mustParse(t, "version: 1\nstages: {s: {load: {recipe: o.yaml, stage: t, set: {d: 0.3}}}}\n")
	use := r.Stages[0].Reuse
	for source, want := range map[string]string{
		withVars("{d: 0.5}", `{trim: a, density: "${d}"}`):         "",
		withVars("{D: 0.5}", `{trim: a}`):                          `r.yaml:2:53: the recipe has no variable "d", which was given a value; did you mean "D"?`,
		withVars("{d: , e: }", `{trim: a, density: "${e}"}`):       "o.yaml:4:25: the variable \"e\" has no value; give it one with `set: {e: …}` where the recipe is loaded, at r.yaml:2:29",
		withVars("{d: 0.5}", `{trim: a, density: "${d}", x: yes}`): `o.yaml:4:33: trim has no parameter "x"`,
	} {
		other, err := use.Parse("o.yaml", []byte(source), testVerbs)
		if want == "" && err == nil {
			if v := other.Vars[0].Value; v != "0.3" {
				t.Errorf("d is %s", v)
			}
		} else if all := fault.List(err); len(all) != 1 || !strings.HasPrefix(all[0].Error(), want) {
			t.Errorf("%s\ngot  %v\nwant %s", source, all, want)
		}
	}
}

package recipe

import (
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/fault"
)

func TestInputs(t *testing.T) {
	for line, want := range map[string][]string{
		"  s: {trim: a}":                           {"a"},
		"  s: {trim: a.python}":                    {"a.python"},
		"  s: {trim: [a, b.sql-2]}":                {"a", "b.sql-2"},
		"  s:\n    trim:\n      - b\n      - a":    {"b", "a"},
		"  s: {density: 0.1, trim: a}":             {"a"},
		"  s: {trim: [later]}\n  later: {load: z}": {"later"},
	} {
		var got []string
		for _, ref := range stage(t, "s", line).Inputs {
			got = append(got, ref.String())
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q", line, got)
		}
	}
}

func TestSources(t *testing.T) {
	one := stage(t, "s", "  s: {load: some/where}").Sources
	if want := (Source{placeAt(3, 13), "s", "some/where"}); !slices.Equal(one, []Source{want}) {
		t.Errorf("a path: %v", one)
	}
	table := stage(t, "s", "  s: {load: {python: p, sql: q}}").Sources
	want := []Source{{placeAt(3, 22), "python", "p"}, {placeAt(3, 30), "sql", "q"}}
	if !slices.Equal(table, want) {
		t.Errorf("a table: %v", table)
	}
}

// A word that is a verb of its own is a parameter where the other entry's verb declares it.
func TestVerbOrParameter(t *testing.T) {
	for line, want := range map[string]string{
		"  s: {factor: a, rank: 6}": "factor",
		"  s: {rank: 6, factor: a}": "factor",
		"  s: {rank: a, to: 6}":     "rank",
		"  s: {to: 6, rank: a}":     "rank",
	} {
		s := stage(t, "s", line)
		if s.Verb.Name != want || s.Inputs[0].Stage != "a" {
			t.Errorf("%s: read as %s of %v", line, s.Verb.Name, s.Inputs)
		}
	}
	if got := Key[uint64]("rank").Of(stage(t, "s", "  s: {rank: 6, factor: a}").Params); got != 6 {
		t.Errorf("rank is %d", got)
	}
}

func TestVerbMistakes(t *testing.T) {
	for line, want := range map[string]string{
		"  s: {}":                              "3:6: the stage has no verb; write a verb and its input",
		"  s: [trim, a]":                       "3:6: a list is not a table",
		"  s: trim":                            `3:6: "trim" is not a table`,
		"  s:":                                 "3:5: nothing is not a table",
		"  s: {tirm: a}":                       `3:7: there is no verb "tirm"; did you mean "trim"?`,
		"  s: {density: 0.5, tirm: a}":         `3:21: there is no verb "tirm"; did you mean "trim"?`,
		"  s: {density: 0.5}":                  `3:7: there is no verb "density"`,
		"  s: {trim: a, average: b}":           `3:16: a stage has one verb, and this one has "trim" and "average"; split it`,
		"  s: {left: a, right: b}":             `3:16: a stage has one verb, and this one has "left" and "right"`,
		"  s: {trim: a, trim: b}":              `3:16: "trim" is a duplicate of the one in line 3`,
		"  s: {trim: []}":                      "3:13: trim has no input; name at least one stage",
		"  s: {trim: {a: b}}":                  "3:13: a table is not a stage's name",
		"  s: {trim: [a, [b]]}":                "3:17: a list is not a stage's name",
		"  s: {trim: a.b.c}":                   `3:13: "a.b.c" is not a stage's name`,
		"  s: {trim: }":                        "3:13: nothing is not a stage's name",
		"  s: {trim: aa}":                      `3:13: there is no stage "aa"; did you mean "a"?`,
		"  s: {rescale: a, like: elsewhere.x}": `3:25: there is no stage "elsewhere"; known are: s, a, b`,
		"  s: {load: []}":                      "3:13: a list is not the path of an adapter's folder",
		"  s: {load: {}}":                      "3:13: the table of paths is empty; write {name: path, …}",
		"  s: {load: {p: [x]}}":                "3:17: a list is not the path",
		"  s: {load: {default: x}}":            `3:14: "default" has a meaning of its own`,
		"  s: {save: a}":                       `3:7: save needs "to"; add ` + "`to`: a path",
	} {
		expectMistakes(t, inStages(line), want)
	}
}

func TestNames(t *testing.T) {
	for _, name := range []string{"a-b_C9", "_x", "null", strings.Repeat("n", 100)} {
		stage(t, name, "  "+name+": {load: z}")
	}
	for name, want := range map[string]string{
		"9a": "9a", "a.b": "a.b", "'a b'": "a b", "-x": "-x", "é": "é", `"\e[31m"`: `\x1b[31m`,
		strings.Repeat("n", 101): strings.Repeat("n", 40) + "…",
	} {
		_, err := parse(inStages("  " + name + ": {load: z}"))
		if all := fault.List(err); len(all) != 1 || !strings.Contains(all[0].Error(), `"`+want+`" can't be a name; use up to 100 letters`) {
			t.Errorf("%s: %v", name, all)
		}
	}
	for _, name := range []string{"default", "modules", "layers"} {
		expectMistakes(t, inStages("  "+name+": {load: z}"), `3:3: "`+name+`" has a meaning of its own in tables of numbers`)
	}
}

// Every mistake of a file is found at once, in the order of the file.
func TestSeveralMistakes(t *testing.T) {
	source := strings.Join([]string{
		"version: 3",
		"stages:",
		"  x: {load: p, sha265: 1}",
		"  y: {trm: x}",
		"  z: {trim: [x, w], density: 1.5}",
		"  9: {load: q}",
		"colour: red",
	}, "\n")
	expectMistakes(t, source,
		`1:10: "3" is not a version`,
		`3:16: load has no parameter "sha265"; did you mean "sha256"?`,
		`4:7: there is no verb "trm"; did you mean "trim"?`,
		`5:17: there is no stage "w"`,
		`5:30: 1.5 is out of range; write a number ≥ 0 and ≤ 1`,
		`6:3: "9" can't be a name`,
		`7:1: a recipe has no "colour"`,
	)
}

// A stage with a mistake has no verb, so that nobody computes with half of it; the
// others are whole.
func TestRecipeOfMistakes(t *testing.T) {
	r, err := parse(inStages("  s: {trim: a, density: 2}\n  u: {trim: nowhere}"))
	if len(fault.List(err)) != 2 || len(r.Stages) != 4 {
		t.Fatalf("%d stages, %v", len(r.Stages), err)
	}
	for _, s := range r.Stages {
		if whole := s.Verb != nil; whole != (s.Name == "a" || s.Name == "b") {
			t.Errorf("stage %s: verb %v", s.Name, s.Verb)
		}
	}
	if _, ok := r.Lookup("elsewhere"); ok {
		t.Error("found a stage that is not there")
	}
}

package recipe

import (
	"math"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/fault"
)

// testVerbs stand in for package stages: one verb for every kind of input and
// parameter, and two pairs whose words are verbs and parameters at once.
var testVerbs = []*Verb{
	{Name: "load", Takes: TakesPaths, Params: []*Param{{Name: "sha256", Type: PinsType{}}}},
	{Name: "trim", Params: []*Param{
		{Name: "density", Type: NumberType{Min: 0, Max: 1}, Default: Constant(0.5)},
		{Name: "scope", Type: ChoiceType{"tensor", "adapter"}, Default: "tensor"},
	}},
	{Name: "average", Params: []*Param{
		{Name: "weights", Type: NumberType{Min: math.Inf(-1), Max: math.Inf(1)}},
		{Name: "above", Type: NumberType{Min: 0, ExclusiveMin: true, Max: math.Inf(1)}},
	}},
	{Name: "slerp", Params: []*Param{{Name: "t", Type: NumbersType{Each: NumberType{Min: 0, Max: 1}}}}},
	{Name: "select", Params: []*Param{{Name: "include", Type: GlobsType{}}}},
	{Name: "rescale", Params: []*Param{{Name: "like", Type: ReferencesType{}}, {Name: "interference", Type: NumberType{Min: 0, Max: 1, Single: true}}}},
	{Name: "drop", Params: []*Param{{Name: "seed", Type: CountType{}}}},
	{Name: "save", Params: []*Param{{Name: "to", Type: TextType{What: "a path"}, Required: true}}},
	{Name: "factor", Params: []*Param{{Name: "rank", Type: CountType{Min: 1}}}},
	{Name: "rank", Params: []*Param{{Name: "to", Type: CountType{Min: 1}, Required: true}}},
	{Name: "left", Params: []*Param{{Name: "right", Type: CountType{}}}},
	{Name: "right", Params: []*Param{{Name: "left", Type: CountType{}}}},
}

func parse(source string) (*Recipe, error) { return Parse("r.yaml", []byte(source), testVerbs) }

// mustParse reads a recipe that is expected to be right.
func mustParse(t *testing.T, source string) *Recipe {
	t.Helper()
	r, err := parse(source)
	if err != nil {
		t.Fatalf("%s\n%v", source, err)
	}
	return r
}

// inStages puts lines of stages into a recipe: the first of them is line 3 of the file,
// and "a" and "b" are stages already, in the lines after.
func inStages(lines string) string {
	return "version: 1\nstages:\n" + lines + "\n  a: {load: x}\n  b: {load: y}\n"
}

// stage reads one line of stages, which must be right, and gives the stage of that name.
func stage(t *testing.T, name, line string) *Stage {
	t.Helper()
	s, ok := mustParse(t, inStages(line)).Lookup(name)
	if !ok {
		t.Fatalf("no stage %q", name)
	}
	return s
}

func placeAt(line, column int) Position { return Position{File: "r.yaml", Line: line, Column: column} }

// expectMistakes compares the mistakes of a recipe, in the file's order, with lines of
// the form "line:column: text; remedy", of which the ends may be missing.
func expectMistakes(t *testing.T, source string, want ...string) {
	t.Helper()
	_, err := parse(source)
	got := fault.List(err)
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			t.Errorf("%q\nmissing %s", source, want[i])
		case i >= len(want):
			t.Errorf("%q\nunexpected %v", source, got[i])
		case !strings.HasPrefix(got[i].Error(), "r.yaml:"+want[i]):
			t.Errorf("%q\ngot  %v\nwant r.yaml:%s", source, got[i], want[i])
		}
	}
}

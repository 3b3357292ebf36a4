package recipe

import (
	"math"
	"strings"
	"testing"
)

const someHash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" // sha256sum of "test"

func TestParameterMistakes(t *testing.T) {
	for line, want := range map[string][]string{
		"  s: {trim: a, scope: adaptr}":                             {`3:23: "adaptr" is not one of tensor, adapter; did you mean "adapter"?`},
		"  s: {trim: a, scope: [tensor]}":                           {"3:23: a list is not one of tensor, adapter"},
		"  s: {factor: a, rank: 0}":                                 {`3:24: "0" is not a whole number ≥ 1; write a whole number ≥ 1`},
		"  s: {factor: a, rank: 8.0}":                               {`3:24: "8.0" is not a whole number`},
		"  s: {factor: a, rank: {a: 1}}":                            {"3:24: a table is not a whole number"},
		"  s: {slerp: a, t: []}":                                    {"3:20: the list is empty; write a number ≥ 0 and ≤ 1"},
		"  s: {slerp: a, t: [0.5, x, 2]}":                           {`3:26: "x" is not a number`, "3:29: 2 is out of range"},
		"  s: {select: a, include: []}":                             {"3:27: the list is empty; write a glob"},
		"  s: {select: a, include: [[x], {}]}":                      {"3:28: a list is not a module glob", "3:33: a table is not a module glob"},
		"  s: {select: a, include: }":                               {"3:27: nothing is not a module glob"},
		"  s: {rescale: a, like: [[b], {}]}":                        {"3:26: a list is not a stage's name", "3:31: a table is not a stage's name"},
		"  s: {rescale: a, like: []}":                               {"3:25: the list is empty; write a stage's name, or a list of them"},
		"  s: {rescale: a, interference: {a: 0.4}}":                 {"3:33: a table, and this is one number for the whole stage; write a number ≥ 0 and ≤ 1"},
		"  s: {rescale: a, interference: [0.4]}":                    {"3:33: a list, and this is one number for the whole stage"},
		"  s: {rescale: a, interference: 1.5}":                      {"3:33: 1.5 is out of range"},
		"  s: {save: a, to: ''}":                                    {`3:20: the text "" is not a path`},
		"  s: {load: x, sha256: abc}":                               {`3:24: "abc" is not a SHA-256; write 64 hexadecimal digits`},
		"  s: {load: x, sha256: [abc]}":                             {"3:24: a list is not a SHA-256"},
		"  s: {load: x, sha256: " + strings.ToUpper(someHash) + "}": {`3:24: "9F86`},
		"  s: {load: {p: x}, sha256: {p: 1, q: {}}}":                {`3:33: "1" is not a SHA-256`, "3:39: a table is not a SHA-256"},
		"  s: {trim: a, densty: 1, density: 0.5}":                   {`3:16: trim has no parameter "densty"; did you mean "density"?`},
		"  s: {trim: a, <<: {density: 1}}":                          {`3:16: trim has no parameter "<<"`},
	} {
		expectMistakes(t, inStages(line), want...)
	}
}

func TestPins(t *testing.T) {
	if got := Key[map[string]string]("sha256").Of(stage(t, "s", "  s: {load: x, sha256: "+someHash+"}").Params); len(got) != 1 || got[""] != someHash {
		t.Errorf("one hash: %v", got)
	}
	got := Key[map[string]string]("sha256").Of(stage(t, "s", "  s: {load: {p: x, q: y}, sha256: {p: "+someHash+"}}").Params)
	if len(got) != 1 || got["p"] != someHash {
		t.Errorf("a table: %v", got)
	}
}

func TestLists(t *testing.T) {
	if got := Key[[]*Number]("t").Of(stage(t, "s", "  s: {slerp: a, t: 0.5}").Params); len(got) != 1 || got[0].value != 0.5 {
		t.Errorf("one number: %v", got)
	}
	numbers := Key[[]*Number]("t").Of(stage(t, "s", "  s: {slerp: a, t: [0.5, {layers: [0, 1]}]}").Params)
	if len(numbers) != 2 || numbers[0].value != 0.5 || numbers[1].At("", lastV) != 1 {
		t.Errorf("two numbers: %v", numbers)
	}
	globs := Key[[]Glob]("include").Of(stage(t, "s", `  s: {select: a, include: ["*.q_proj", lm_head]}`).Params)
	want := []Glob{{placeAt(3, 28), "*.q_proj"}, {placeAt(3, 40), "lm_head"}}
	if len(globs) != 2 || globs[0] != want[0] || globs[1] != want[1] {
		t.Errorf("two globs: %v", globs)
	}
}

func TestDescribe(t *testing.T) {
	for want, kind := range map[string]Type{
		"a number":                    NumberType{Min: math.Inf(-1), Max: math.Inf(1)},
		"a number ≥ 0":                NumberType{Max: math.Inf(1)},
		"a number > 0 and ≤ 1":        NumberType{ExclusiveMin: true, Max: 1},
		"; or a list of these":        NumbersType{Each: NumberType{Max: 1}},
		"a whole number":              CountType{},
		"a whole number ≥ 1":          CountType{Min: 1},
		"tensor, adapter":             ChoiceType{"tensor", "adapter"},
		"a path":                      TextType{What: "a path"},
		"a stage, or one of its":      ReferenceType{},
		"a module glob such as":       GlobsType{},
		"a field, or a list of them":  NamesType{What: "a field"},
		"each the adapter to take it": PicksType{What: "a file"},
		"64 hexadecimal digits, or a": PinsType{},
	} {
		if got := kind.Describe(); !strings.Contains(got, want) {
			t.Errorf("%T: got %q, want %q in it", kind, got, want)
		}
	}
}

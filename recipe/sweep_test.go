package recipe

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// inSweep is a recipe whose variables a to d have uses, with entries of a sweep in flow style. Its
// line 5 is the sweep.
func inSweep(entries string) string {
	return "version: 1\nvars: {a: 0.5, b: sum, c: 1, d: 3}\nstages:\n  s: {load: \"${a}${b}${c}${d}\"}\nsweep: {" + entries + "}\n"
}

func TestSweep(t *testing.T) {
	source := inSweep("axes: {a: {min: 0.05, max: 0.8, scale: log, when: {b: [ties, sum]}}, b: [sum, ties], c: {min: 8, max: 64, step: 8}, d: {values: [1, 2.50, x y], when: {b: ties}}}, " +
		"search: halton, seed: 7, max-trials: 60, parallel: 4, max-failed: 0, repeat: 3, halving: {min-samples: 50}, goal: [{recovered: worst}, {task: python}, {forgotten: sql}]")
	got := mustParse(t, source).Sweep
	line := strings.Split(source, "\n")[4]
	at := func(text string) Position { return placeAt(5, strings.Index(line, text)+1) }
	want := &Sweep{Position: at("{axes"), Search: "halton", Seed: 7, MaxTrials: 60, Parallel: 4, MaxFailed: 0, Repeat: 3, Halving: &Halving{at("{min-s"), 50, 3},
		Axes: []Axis{
			{Position: at("a: {min"), Name: "a", Range: &Range{Position: at("{min: 0.05"), Min: 0.05, Max: 0.8, Log: true}, When: []Condition{{at("b: [ties"), "b", []string{"ties", "sum"}}}},
			{Position: at("b: [sum"), Name: "b", Values: []string{"sum", "ties"}},
			{Position: at("c: {"), Name: "c", Range: &Range{Position: at("{min: 8"), Min: 8, Max: 64, Step: 8, Whole: true}},
			{Position: at("d: {"), Name: "d", Values: []string{"1", "2.50", "x y"}, When: []Condition{{at("b: ties}"), "b", []string{"ties"}}}},
		},
		Goals: []Goal{{Position: at("{recovered"), Recovered: "worst"}, {Position: at("{task"), Task: "python"}, {Position: at("{forgotten"), Forgotten: "sql"}}, entries: got.entries}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("\n%+v %+v\n%+v %+v", got.Axes, *got.Axes[0].Range, want.Axes, *want.Axes[0].Range)
	}
	if goals := mapped(got.Goals, Goal.String); !slices.Equal(goals, []string{"recovered: worst", "task: python", "forgotten: sql"}) {
		t.Errorf("%q", goals)
	}
	if got.At("max-trials") != at("60") || (&Sweep{Position: at("60")}).At("goal") != at("60") {
		t.Errorf("max-trials is at %v", got.At("max-trials"))
	}
}

func TestSweepDefaults(t *testing.T) {
	got := mustParse(t, inSweep("axes: {a: {min: 0.5, max: 1}}, max-trials: 9, goal: {task: x}")).Sweep
	if got.Search != "random" || got.Seed != 0 || got.Parallel != 1 || got.MaxFailed != 3 || got.Repeat != 1 || got.Halving != nil || got.Axes[0].Range.Whole {
		t.Errorf("%+v", got)
	}
}

// A sweep changes neither the recipe's meaning nor that of one that loads it, and there even its
// mistakes do not count.
func TestSweepIsNoPart(t *testing.T) {
	const plain = "version: 1\nvars: {a: 0.5}\nstages:\n  s: {load: \"${a}\"}\n"
	with := plain + "sweep: {axes: {a: [0.5, 1]}, search: grid, goal: {task: x}}\n"
	if x, y := mustParse(t, plain).Canonical(), mustParse(t, with).Canonical(); string(x) != string(y) {
		t.Errorf("%s\n%s", x, y)
	}
	r, err := (&Reuse{}).Parse("r.yaml", []byte(plain+"sweep: {axes: 3, of: \"${none}\"}\n"), testVerbs)
	if err != nil || r.Sweep != nil {
		t.Errorf("%v, %v", r.Sweep, err)
	}
}

// A variable's default may be given instead.
func TestSweepOfGivenVariables(t *testing.T) {
	source := strings.Replace(inSweep("axes: {a: [0.5, 1]}, search: grid, goal: {task: x}"), "a: 0.5", "a: ", 1)
	if _, err := ParseWith("r.yaml", []byte(source), testVerbs, map[string]string{"a": "2"}); err != nil {
		t.Error(err)
	}
	if _, err := parse(source); err == nil {
		t.Error("no default is accepted")
	}
}

// Only what stages and seeds are made of makes a difference.
func TestSweepOfUnusedVariable(t *testing.T) {
	const source = "version: 1\nname: \"${a}\"\nbase: \"${b}\"\nseed: \"${d}\"\nvars: {a: 1, b: 1, c: 1, d: 1}\nstages:\n  s: {load: x}\nsweep: {axes: {a: [1], b: [1], c: [\"${c}\"], d: [1]}, search: grid, goal: {task: x}}\n"
	var want []string
	for i, name := range []string{"a", "b", "c"} {
		want = append(want, fmt.Sprintf("8:%d: nothing uses the variable %q", []int{16, 24, 32}[i], name))
	}
	expectMistakes(t, source, want...)
}

// TestSweepRemedies: what remedies of ranges say to write is accepted.
func TestSweepRemedies(t *testing.T) {
	for _, axis := range []string{
		"{min: 0.0, max: 1.0}", "[0, 1]", "{min: 8.0, max: 64.0, step: 0.5}", "{min: 8, max: 56, step: 8}", "{min: 8, max: 64, step: 8}",
		"{min: 0.1, max: 0.8, step: 0.1}", "{min: 0.1, max: 0.9, step: 0.1}", "[0.05, 0.1, 0.2, 0.4, 0.8]", "{min: 0.5, max: 1.5, step: 0.25}", "{values: [0.5]}",
		"{min: 0, max: 4294967295}", "{min: 8, max: 128, scale: log}", "{min: 0, max: 2}", "{min: 1, max: 1.5}", "{min: -1.0e-3, max: 1e-3}",
	} {
		mustParse(t, inSweep("axes: {a: "+axis+"}, max-trials: 9, goal: {task: x}"))
	}
}

// TestStepsReachTheirEnds: a range of n steps is accepted, whatever its fractions add up to, and the
// remedy of one that is no such range is one.
func TestStepsReachTheirEnds(t *testing.T) {
	for _, step := range []float64{0.1, 0.05, 0.3, 0.7, 1e-3, 12.5} {
		for n := 1; n < 40; n++ {
			end := shortest(0.2 + float64(n)*step)
			mustParse(t, inSweep(fmt.Sprintf("axes: {a: {min: 0.2, max: %v, step: %v}}, max-trials: 9, goal: {task: x}", end, step)))
			between := shortest(end + step/3)
			_, err := parse(inSweep(fmt.Sprintf("axes: {a: {min: 0.2, max: %v, step: %v}}, max-trials: 9, goal: {task: x}", between, step)))
			if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("write `max: %v` or `max: %v`", end, shortest(0.2+float64(n+1)*step))) {
				t.Fatalf("%d steps of %v to %v: %v", n, step, between, err)
			}
		}
	}
}

package merge_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
)

// namesOf plans a recipe over the adapters of alike, and names its results.
func namesOf(t *testing.T, lines ...string) plan.Digests {
	t.Helper()
	return namesAt(t, work(t, alike(), append(lines, "o: {save: m, to: out}")...))
}

func namesAt(t *testing.T, recipe string) plan.Digests {
	t.Helper()
	p, err := plan.Load(recipe, plan.Options{Force: true})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	inputs, err := p.Inputs(t.Context(), plan.IndexedHashes(t.TempDir()), 2)
	if err != nil {
		t.Fatal(err)
	}
	return p.Digests(inputs)
}

func nameOf(t *testing.T, digests plan.Digests, stage string) digest.Digest {
	t.Helper()
	d, ok := digests.Find(stage)
	if !ok {
		t.Fatalf("no stage %q", stage)
	}
	return d.Digest
}

// TestNames: what the result depends on changes its name, and nothing else does.
func TestNames(t *testing.T) {
	base := namesOf(t, "t: {trim: [a, b], density: 0.5}", "m: {average: t}")
	for _, c := range []struct {
		lines []string
		same  bool
	}{
		{[]string{"t: {trim: [a, b], density: 0.50, scope: tensor}", "m: {average: t, over: all}"}, true},
		{[]string{"u: {trim: [a, b], density: 0.5}", "m: {average: u}"}, true},
		{[]string{"m: {average: t, keep: true}", "t: {density: 0.5, trim: [a, b]}"}, true},
		{[]string{"t: {trim: [a, b], density: 0.4}", "m: {average: t}"}, false},
		{[]string{"t: {trim: [b, a], density: 0.5}", "m: {average: t}"}, false},
		{[]string{"t: {trim: [a, b], density: 0.5}", "m: {sum: t}"}, false},
		{[]string{"t: {trim: [a, b], density: 0.5}", "m: {average: [t.a, t.b]}"}, false},
		{[]string{"t: {trim: [a, b], density: 0.5}", "m: {average: t, weights: {a: 2, b: 1}}"}, false},
	} {
		if got := nameOf(t, namesOf(t, c.lines...), "m") == nameOf(t, base, "m"); got != c.same {
			t.Errorf("%v: the same name is %v", c.lines, got)
		}
	}
}

// TestNamesOfChance: a draw depends on the seed and on the adapters' names.
func TestNamesOfChance(t *testing.T) {
	base := namesOf(t, "m: {dare: [a, b], density: 0.5, seed: 1}")
	if nameOf(t, namesOf(t, "m: {dare: [a, b], density: 0.5, seed: 2}"), "m") == nameOf(t, base, "m") {
		t.Error("another seed, the same name")
	}
	renamed := namesOf(t, "r: {load: {x: a, b: b}}", "m: {dare: r, density: 0.5, seed: 1}")
	if nameOf(t, renamed, "m") == nameOf(t, base, "m") {
		t.Error("adapters of other names, the same name")
	}
}

// TestNamesOfWeights: a table by adapter is what each adapter gets, in the order in which
// they flow in. Two stages that change names and places give another result under the same
// table; under one whose names change with them, the same.
func TestNamesOfWeights(t *testing.T) {
	base := namesOf(t, "x: {sum: [a, b]}", "y: {average: [a, b]}", "m: {average: [x, y], weights: {x: 0.3, y: 0.7}}")
	changed := namesOf(t, "y: {sum: [a, b]}", "x: {average: [a, b]}", "m: {average: [y, x], weights: {x: 0.3, y: 0.7}}")
	want := []plan.Difference{{Stage: "m", What: "weights", Was: "[0.3, 0.7]", Is: "[0.7, 0.3]"}}
	if got := base.Compare("m", changed, "m"); !slices.Equal(got, want) {
		t.Errorf("why the names differ: %v, want %v", got, want)
	}
	renamed := namesOf(t, "y: {sum: [a, b]}", "x: {average: [a, b]}", "m: {average: [y, x], weights: {y: 0.3, x: 0.7}}")
	if nameOf(t, renamed, "m") != nameOf(t, base, "m") {
		t.Error("stages of other names, another name")
	}
}

// TestCacheTellsReferencesApart: weights by the adapters of a reference are part of the
// name, though the main input has no such adapters.
func TestCacheTellsReferencesApart(t *testing.T) {
	dir := t.TempDir()
	for _, weights := range []string{"{a: 1, b: 9}", "{a: 9, b: 1}"} {
		lines := []string{"s: {sum: [a, b]}", "l: {scale: [a, b], by: {a: 1, b: 3}, alpha: fold}", "m: {rescale: s, like: l, weights: " + weights + "}", "o: {save: m, to: out}"}
		want, _ := makeAnew(t, work(t, alike(), lines...), run.Options{})
		got, _ := makeAnew(t, work(t, alike(), lines...), run.Options{Cache: openCache(t, dir), CacheMode: run.CacheAll})
		if got.weights != want.weights {
			t.Errorf("weights %s: another result from the cache", weights)
		}
	}
}

// TestCompareNames: the reason is found where it lies, down the graph.
func TestCompareNames(t *testing.T) {
	recipe := func(density, weights string) []string {
		return []string{"t: {trim: [a, b], density: " + density + "}", "e: {elect: t}", "m: {average: e, weights: " + weights + "}"}
	}
	base := namesOf(t, recipe("0.5", "1")...)
	for _, c := range []struct {
		lines []string
		want  string
	}{
		{recipe("0.5", "1.0"), ""},
		{recipe("0.4", "1"), "t density: 0.5 → 0.4"},
		{recipe("0.5", "{a: 2, b: 1}"), "m weights: 1 → {a: 2, b: 1}"},
		{recipe("0.4", "2"), "t density: 0.5 → 0.4; m weights: 1 → 2"},
		{[]string{"t: {trim: [a, b], density: 0.5}", "m: {average: t}"}, "m inputs: [e] → [t]"},
	} {
		var got []string
		for _, d := range base.Compare("m", namesOf(t, c.lines...), "m") {
			got = append(got, d.Stage+" "+d.What+": "+d.Was+" → "+d.Is)
		}
		if text := strings.Join(got, "; "); text != c.want {
			t.Errorf("%v: %q, want %q", c.lines, text, c.want)
		}
	}
}

// TestCompareNamesOfChangedInput: a changed file is named.
func TestCompareNamesOfChangedInput(t *testing.T) {
	recipe := work(t, alike(), "m: {average: [a, b]}", "o: {save: m, to: out}")
	before := namesAt(t, recipe)
	path := filepath.Join(filepath.Dir(recipe), "b", "adapter_config.json")
	if err := os.WriteFile(path, []byte(readText(t, path)+"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	got := before.Compare("o", namesAt(t, recipe), "o")
	if len(got) != 1 || got[0].Stage != "b" || got[0].What != "configuration of b" {
		t.Errorf("%+v", got)
	}
}

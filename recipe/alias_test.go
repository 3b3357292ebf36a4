package recipe

import (
	"fmt"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/fault"
)

func TestAliases(t *testing.T) {
	r := mustParse(t, strings.Join([]string{
		"version: 1",
		"stages:",
		"  a: {load: &path x}",
		"  b: {load: *path}",
		"  s: {trim: [&first a, *first], density: &half 0.5}",
		"  t: {slerp: *first, t: [*half, 1, *half]}",
		`  u: {select: s, include: [&q "*.q_proj", *q]}`,
		"  v: {trim: s, density: {layers: [*half, 1]}}",
		"  w: &stage {trim: s, density: *half}",
		"  x: *stage",
	}, "\n"))
	find := func(name string) *Stage { s, _ := r.Lookup(name); return s }
	if path := find("b").Sources[0].Path; path != "x" {
		t.Errorf("b is loaded from %q", path)
	}
	if inputs := find("s").Inputs; len(inputs) != 2 || inputs[1].Stage != "a" {
		t.Errorf("s has the inputs %v", inputs)
	}
	if numbers := Key[[]*Number]("t").Of(find("t").Params); len(numbers) != 3 || numbers[2].value != 0.5 {
		t.Errorf("t is %v", numbers)
	}
	if globs := Key[[]Glob]("include").Of(find("u").Params); len(globs) != 2 || globs[1].Pattern != "*.q_proj" {
		t.Errorf("u includes %v", globs)
	}
	if points := Key[*Number]("density").Of(find("v").Params).points; len(points) != 2 || points[0] != 0.5 {
		t.Errorf("v has the points %v", points)
	}
	if value, _ := Key[*Number]("density").Of(find("x").Params).Everywhere(); value != 0.5 || find("x").Verb.Name != "trim" {
		t.Errorf("x is %s with density %v", find("x").Verb.Name, value)
	}
}

// A mistake in an aliased value is shown where the value is written.
func TestMistakeInAlias(t *testing.T) {
	expectMistakes(t, inStages("  s: {trim: a, density: &d 2}\n  t: {trim: a, density: *d}"),
		"3:25: 2 is out of range", "3:25: 2 is out of range")
}

func TestAliasOfItself(t *testing.T) {
	expectMistakes(t, "version: 1\nstages: &s {a: *s}\n", "2:16: the aliases of this file expand to more than 1048576 values, or into themselves")
	expectMistakes(t, "version: 1\nstages: {a: &a {trim: &b [*a]}}\n", "2:27: the aliases of this file expand")
	expectMistakes(t, "&x version: 1\nstages: {a: {load: *x}}\n")
}

// aliasBomb has lists of ten lists of ten lists: 10^depth values in few bytes.
func aliasBomb(depth int) string {
	var b strings.Builder
	b.WriteString("version: 1\nl0: &l0 [x]\n")
	for i := range depth {
		fmt.Fprintf(&b, "l%d: &l%d [%s*l%d]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*l%d, ", i), 9), i)
	}
	return b.String()
}

func TestAliasBomb(t *testing.T) {
	for _, depth := range []int{6, 9, 1000} {
		_, err := parse(aliasBomb(depth))
		if all := fault.List(err); len(all) != 1 || !strings.Contains(all[0].Error(), "the aliases of this file expand to more than") {
			t.Errorf("depth %d: %v", depth, all)
		}
	}
}

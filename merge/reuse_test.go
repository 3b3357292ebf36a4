package merge_test

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/lockfile"
	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
)

// twoRecipes are one below a folder, with its adapters, and one in the folder that loads
// its stage m as x.
func twoRecipes(t *testing.T, adapters map[string]folder, other []string, own ...string) (inner, outer string) {
	t.Helper()
	inner = work(t, adapters, append(other, "o: {save: m, to: out}")...)
	edit(t, inner, "version: 1", "version: 1\nseed: 5")
	outer = filepath.Join(filepath.Dir(filepath.Dir(inner)), "recipe.yaml")
	writeRecipe(t, filepath.Dir(outer), nil, append(own, fmt.Sprintf("x: {load: {recipe: %s/recipe.yaml, stage: m}}", filepath.Base(filepath.Dir(inner))))...)
	return inner, outer
}

// TestReuse: a stage of another recipe gives what it gives there, seed, names and paths
// included, and is found in the cache that the other recipe's run has filled.
func TestReuse(t *testing.T) {
	all := maps.Clone(ways)
	all["chance after a mean"] = []string{"n: {average: [a, b]}", "m: {dare-drop: n, density: 0.5}"}
	for name, lines := range all {
		t.Run(name, func(t *testing.T) {
			inner, outer := twoRecipes(t, alike(), lines, "o: {save: x, to: out}")
			options := run.Options{Cache: openCache(t, t.TempDir()), CacheMode: run.CacheAll}
			if _, err := runWith(t, inner, options); err != nil {
				t.Fatal(err)
			}
			result, err := runWith(t, outer, options)
			if err != nil {
				t.Fatal(err)
			}
			if want := effects(t, saved(t, inner)); !maps.EqualFunc(effects(t, saved(t, outer)), want, slices.Equal[[]float32]) {
				t.Error("other tensors")
			}
			for _, s := range result.Stages {
				if s.Stage == "x/m" && (s.Computed > 0 || s.Cached == 0) {
					t.Errorf("%d modules were computed, %d found in the cache", s.Computed, s.Cached)
				}
			}
			if verdict, err := run.Verify(t.Context(), filepath.Join(filepath.Dir(outer), "out"), "", run.Options{}); err != nil || !verdict.Same {
				t.Errorf("verify says %+v, %v", verdict, err)
			}
		})
	}
}

// TestReusedNames: one adapter is called as its load is, heads included, several keep the
// names they have.
func TestReusedNames(t *testing.T) {
	_, outer := twoRecipes(t, headed(false), []string{"m: {average: [a, b]}"},
		"y: {load: {recipe: other.yaml, stage: a}}", "p: {average: [x, y], weights: {x: 1, y: 3}}",
		"z: {load: {recipe: other.yaml, stage: all}}", "q: {average: z, weights: {a: 1, b: 3}}",
		"s: {load: {recipe: other.yaml, stage: all.b}}", "r: {average: [s, x], weights: {s: 3, x: 1}}",
		"o: {save: p, to: out}", "v: {save: q, to: out2}", "w: {save: r, to: out3}")
	dir := filepath.Dir(outer)
	other := writeRecipe(t, t.TempDir(), nil, "a: {load: A}", "b: {load: B}", "all: {scale: [a, b], by: 1}")
	text := strings.NewReplacer("A", "ADAPTERS/a", "B", "ADAPTERS/b").Replace(readText(t, other))
	folders, err := filepath.Glob(filepath.Join(dir, "*", "a"))
	if err != nil || len(folders) != 1 {
		t.Fatal(folders, err)
	}
	writeFile(t, filepath.Join(dir, "other.yaml"), []byte(strings.ReplaceAll(text, "ADAPTERS", filepath.Base(filepath.Dir(folders[0])))))
	runRecipe(t, outer)
	// The heads are (1, 2, 3, 4) and (3, 2, 1, -4), and their mean (2, 2, 2, 0).
	for out, want := range map[string][]float32{"out": {1.25, 2, 2.75, 3}, "out2": {2.5, 2, 1.5, -2}, "out3": {2.75, 2, 1.25, -3}} {
		if got := head(t, openAdapter(t, filepath.Join(dir, out))); !slices.Equal(got, want) {
			t.Errorf("%s: the head is %v, want %v", out, got, want)
		}
	}
}

// chain writes recipes r0.yaml, r1.yaml …, each of which loads its stages from the next.
func chain(t *testing.T, n int, line func(i int) string) string {
	t.Helper()
	dir := t.TempDir()
	plain(4, 8, safetensors.F32).write(t, filepath.Join(dir, "a"))
	for i := range n {
		text := "version: 1\nvars: {v: x}\nstages:\n" + line(i) + "  o: {save: m, to: out}\n"
		writeFile(t, filepath.Join(dir, fmt.Sprintf("r%d.yaml", i)), []byte(text))
	}
	return filepath.Join(dir, "r0.yaml")
}

// TestReuseBounds: what a chain or a tree of recipes may grow to is bounded.
func TestReuseBounds(t *testing.T) {
	next := func(i int) string { return fmt.Sprintf("  m: {load: {recipe: r%d.yaml, stage: m}}\n", i+1) }
	twice := func(i int, values ...string) string {
		return fmt.Sprintf("  x: {load: {recipe: r%d.yaml, stage: m%s}}\n  y: {load: {recipe: r%[1]d.yaml, stage: m%[3]s}}\n  m: {average: [x, y]}\n", i+1, values[0], values[1])
	}
	for name, c := range map[string]struct {
		recipes int
		line    func(int) string
		want    string
	}{
		"long":        {10_000, next, "recipes load each other more than 16 deep; load what is needed from here"},
		"long enough": {17, next, ""},
		"one, often":  {17, func(i int) string { return twice(i, "", "") }, ""},
		"many values": {17, func(i int) string {
			return twice(i, `, set: {v: "${v}0"}`, `, set: {v: "${v}1"}`)
		}, "more than 100 recipes are loaded; load fewer"},
	} {
		t.Run(name, func(t *testing.T) {
			path := chain(t, c.recipes, func(i int) string {
				if i == c.recipes-1 {
					return "  m: {load: a}\n"
				}
				return c.line(i)
			})
			p, err := plan.Load(path, plan.Options{})
			if p != nil {
				defer p.Close()
			}
			if c.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				if n := len(p.Nodes); n > 17*3+2 {
					t.Errorf("%d nodes", n)
				}
			} else if all := fault.List(err); len(all) == 0 || !strings.Contains(all[0].Error(), c.want) {
				t.Errorf("got %v, want %s", all, c.want)
			}
		})
	}
}

// TestReusedOrder: the order of lines changes neither the names that the plan gives nor the lock.
func TestReusedOrder(t *testing.T) {
	lines := []string{"y: {load: {recipe: other.yaml, stage: b}}", "x: {load: {recipe: other.yaml, stage: c}}", "m: {average: [x, y]}", "o: {save: m, to: out}"}
	var locks []string
	for range 2 {
		path := work(t, nil, lines...)
		dir := filepath.Dir(path)
		plain(4, 8, safetensors.F32).write(t, filepath.Join(dir, "a"))
		writeFile(t, filepath.Join(dir, "other.yaml"), []byte("version: 1\nstages:\n  a: {load: a}\n  b: {scale: a, by: 2}\n  c: {scale: a, by: 3}\n"))
		runRecipe(t, path)
		locks = append(locks, readText(t, lockfile.Path(path)))
		slices.Reverse(lines)
	}
	if locks[0] != locks[1] || !strings.Contains(locks[0], "x/a.a:") {
		t.Errorf("the locks are\n%s\n%s", locks[0], locks[1])
	}
}

// TestReusedDrop: the drops of a recipe that is loaded count as if they stood here.
func TestReusedDrop(t *testing.T) {
	_, outer := twoRecipes(t, alike(), []string{"m: {dare-drop: [a, b], density: 0.5}"}, "y: {dare-drop: x, density: 0.5}", "o: {save: y.a, to: out}")
	flat := work(t, alike(), "x: {dare-drop: [a, b], density: 0.5, seed: 5}", "y: {dare-drop: x, density: 0.5}", "o: {save: y.a, to: out}")
	runRecipe(t, outer)
	runRecipe(t, flat)
	if want := effects(t, saved(t, flat)); !maps.EqualFunc(effects(t, saved(t, outer)), want, slices.Equal[[]float32]) {
		t.Error("other tensors")
	}
	p, err := plan.Load(outer, plan.Options{Force: true})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	digests := p.Digests(nil)
	for stage, want := range map[string]string{"x/m": `5 "a" "b"`, "y": `0 "a\x002" "b\x002"`} {
		if d, ok := digests.Find(stage); !ok || d.Key != want {
			t.Errorf("the key of %s is %q, not %q", stage, d.Key, want)
		}
	}
}

package merge_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/digest"
	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/recipe"
	"github.com/loramerge/loramerge/stages"
)

// alternatives are recipes' stages that lead to m; many of them mean the same.
var alternatives = []string{
	"m: {ties: [a, b], density: 0.5}", "m: {ties: [a, b], density: 0.5, over: agreeing}", "m: {ties: [a, b], density: 0.5, over: all}",
	"m: {ties: [a, b], density: 0.5, like: article}", "m: {ties: [a, b], density: 0.5, like: article, over: agreeing}",
	"m: {ties: [a, b], density: 0.5, like: peft}", "m: {ties: [a, b], density: 0.5, tie: positive, weights-on: delta}",
	"m: {ties: [a, b], density: 0.5, like: mergekit}", "m: {ties: [a, b], density: 0.5, tie: positive, over: weights}",
	"m: {ties: [a, b], density: 0.5, like: ties-paper}", "m: {ties: [a, b], density: 0.5, scope: adapter, tie: majority}",
	"m: {ties: [b, a], density: 0.5}", "m: {ties: [a, b], density: 0.4}", "m: {ties: [a, b], density: 0.5, weights: {a: 2, b: 1}}",
	"m: {ties: [a, b], density: 0.5, weights: {a: 2, b: 1}, like: mergekit}",
	"m: {ties: [a, b], density: 0.5, space: delta, rank: 4}", "m: {ties: [a, b], density: 0.5, space: delta, rank: 4, like: peft}",
	"m: {ties: [a, b], density: 0.5, space: delta, rank: 4, tie: positive}", "m: {ties: [a, b], density: 0.5, norm: inputs}",
	"t: {trim: [a, b], density: 0.5}; e: {elect: t}; m: {average: e, over: agreeing}",
	"x: {trim: [a, b], density: 0.5, scope: tensor}; y: {elect: x, tie: drop}; m: {average: y, over: agreeing, weights: 1}",
	"t: {trim: [a, b], density: 0.5}; e: {elect: t}; m: {average: e}", "t: {trim: [a, b], density: 0.5}; e: {elect: t, tie: positive}; m: {average: e, over: weights}",
	"m: {linear: [a, b]}", "m: {average: [a, b]}", "m: {linear: [a, b], like: mergekit}", "m: {average: [a, b], over: all, missing: refuse}",
	"m: {linear: [a, b], like: peft}", "m: {sum: [a, b], weights-on: delta}", "m: {sum: [a, b]}",
	"m: {svd: [a, b], rank: 4}", "d: {delta: [a, b]}; s: {sum: d}; m: {factor: s, rank: 4}", "m: {svd: [a, b], rank: 3}",
	"m: {dare: [a, b], density: 0.5}", "m: {dare: [a, b], density: 0.5, seed: 5}", "m: {dare: [a, b], density: 0.5, seed: 6}",
	"m: {dare: [a, b], density: 0.5, like: mergekit}", "m: {dare: [a, b], density: 0.5, rescale: l1}", "m: {dare: [a, b], like: article}",
	"m: {dare-ties: [a, b], density: 0.5}", "d: {dare-drop: [a, b], density: 0.5}; m: {average: d}", "d: {dare-drop: a, density: 0.5}; m: {average: [d, b]}",
	"n: {average: [a, b]}; m: {dare-drop: n, density: 0.5}", "k: {average: [a, b]}; m: {dare-drop: k, density: 0.5}",
	"m: {slerp: [a, b]}", "m: {slerp: [a, b], like: article}", "m: {slerp: [a, b], like: mergekit}", "m: {slerp: [a, b], t: 0.5}",
	"n: {average: [a, b]}; m: {rescale: n, like: a}", "k: {linear: [a, b]}; m: {rescale: k, like: a}", "n: {average: [a, b]}; m: {rescale: n, like: b}",
	"n: {scale: [a, b], by: 2}; m: {average: n}", "n: {scale: [a, b], by: {a: 2, b: 2}}; m: {average: n}", "n: {scale: [a, b], by: 2}; m: {average: [n.a, n.b]}",
	"n: {scale: [a, b], by: 2}; m: {average: [n.b, n.a]}",
	"x: {sum: [a, b]}; y: {average: [a, b]}; m: {average: [x, y], weights: {x: 0.3, y: 0.7}}",
	"y: {sum: [a, b]}; x: {average: [a, b]}; m: {average: [y, x], weights: {x: 0.3, y: 0.7}}",
	"y: {sum: [a, b]}; x: {average: [a, b]}; m: {average: [y, x], weights: {y: 0.3, x: 0.7}}",
}

// TestDiffAgreesWithDigests: of every two of the recipes, diff says that they mean the same
// if and only if what they save has one digest; it reads no adapter for that.
func TestDiffAgreesWithDigests(t *testing.T) {
	dir := t.TempDir()
	for name, f := range map[string]folder{"a": plain(4, 8, safetensors.F32), "b": plain(4, 8, safetensors.BF16)} {
		f.write(t, filepath.Join(dir, name))
	}
	var texts []string
	var recipes []*recipe.Recipe
	var sums []digest.Digest
	for _, seed := range []int{0, 3} {
		for _, lines := range alternatives {
			if seed != 0 && !strings.Contains(lines, "dare") && lines != alternatives[0] {
				continue
			}
			r, err := recipe.Parse(filepath.Join(dir, "recipe.yaml"), []byte(fmt.Sprintf("version: 1\nseed: %d\nstages:\n  a: {load: a}\n  b: {load: b}\n  o: {save: m, to: out}\n", seed)+indented(lines)), stages.Verbs())
			if err != nil {
				t.Fatalf("%s: %v", lines, err)
			}
			p, err := plan.New(r, dir, plan.Options{})
			if err != nil {
				t.Fatalf("%s: %v", lines, err)
			}
			defer p.Close()
			inputs, err := p.Inputs(t.Context(), plan.IndexedHashes(""), 1)
			if err != nil {
				t.Fatal(err)
			}
			digests := p.Digests(inputs)
			saved, _ := digests.Find("o")
			texts, recipes, sums = append(texts, fmt.Sprintf("%s (seed %d)", lines, seed)), append(recipes, r), append(sums, saved.Digest)
		}
	}
	same := 0
	for i := range recipes {
		for j := range i {
			changes := plan.Diff(recipes[i], recipes[j])
			if (len(changes) == 0) != (sums[i] == sums[j]) {
				t.Errorf("%s and %s: one digest is %v, and diff says %v", texts[i], texts[j], sums[i] == sums[j], changes)
			}
			if len(changes) == 0 {
				same++
			}
		}
	}
	if same == 0 {
		t.Error("no two recipes mean the same")
	}
}

// indented writes stages that are separated by semicolons as lines of a recipe.
func indented(lines string) string {
	return "  " + strings.ReplaceAll(lines, "; ", "\n  ") + "\n"
}

package merge_test

import (
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/merge/plan"
)

// sharedRecipe is a recipe in a folder of its own over adapters that people trained,
// which lie beside a checkout if they do.
func sharedRecipe(t *testing.T, adapters []string, lines ...string) string {
	t.Helper()
	text := "version: 1\nstages:\n"
	for _, name := range adapters {
		path, err := filepath.Abs(filepath.Join(shared, "adapters", name))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(path); err != nil {
			t.Skip("../shared/adapters is not there")
		}
		text += fmt.Sprintf("  %s: {load: %q}\n", name, path)
	}
	path := filepath.Join(t.TempDir(), "recipe.yaml")
	writeFile(t, path, []byte(text+"  "+strings.Join(lines, "\n  ")+"\n  o: {save: m, to: out}\n"))
	return path
}

// TestTrainedAdapters: the groups of the folder's README merge, in factors or as
// deltas, and what was saved opens with all their modules: 12 layers of attn.c_attn,
// attn.c_proj and mlp.c_proj in GPT-2, of query, key and value in RoBERTa, of q_lin
// and v_lin in DistilBERT (6 layers); 18 blocks of two in ConvNeXt.
func TestTrainedAdapters(t *testing.T) {
	for _, c := range []struct {
		adapters, line string
		pairs, wholes  int
	}{
		{"gpt2-classify-a gpt2-classify-b gpt2-classify-c", "ties: [%s], density: 0.5, weights: {gpt2-classify-a: 0.2, gpt2-classify-b: 0.3, gpt2-classify-c: 0.5}", 36, 1},
		{"gpt2-classify-a gpt2-classify-b gpt2-classify-c", "ties: [%s], density: 0.3, like: ties-paper", 36, 1},
		{"convnext-mountain-1 convnext-mountain-2", "slerp: [%s], t: 0.4", 36, 0},
		{"gpt2-tuned gpt2-tuned-200", "dare: [%s], density: 0.5, seed: 7", 36, 0},
		{"gpt2-tuned gpt2-tuned-200", "dare-ties: [%s], density: 0.5, like: mergekit", 36, 0},
		{"gpt2-reviews gpt2-reviews-2500", "karcher: [%s]", 12, 0},
		{"gpt2-reviews gpt2-reviews-2500", "dare: [%s], like: article", 12, 0},
		{"roberta-agnews-500 roberta-agnews-1200", "linear: [%s]", 36, 105}, // every bias is stored
		{"gpt2-reviews gpt2-faculty gpt2-qa-r16", "svd: [%s], rank: 32", 12, 0},
		{"gpt2-reviews gpt2-faculty gpt2-qa-r16", "concat: [%s]", 12, 0},
		{"gpt2-tuned gpt2-reviews", "svd: [%s], energy: 0.95, missing: zero", 36, 0},
		{"distilbert-r4 distilbert-r8-support", "svd: s, rank: 8}\n  s: {select: [%s], include: \"*_lin\"", 12, 0}, // their heads have other shapes
	} {
		name, _, _ := strings.Cut(c.line, ":")
		t.Run(name+" "+c.adapters, func(t *testing.T) {
			names := strings.Fields(c.adapters)
			recipe := sharedRecipe(t, names, "m: {"+fmt.Sprintf(c.line, strings.Join(names, ", "))+"}")
			runRecipe(t, recipe)
			out := saved(t, recipe)
			pairs, wholes := readModules(t, out)
			if pairs != c.pairs || wholes != c.wholes {
				t.Errorf("%d pairs and %d whole tensors, want %d and %d", pairs, wholes, c.pairs, c.wholes)
			}
		})
	}
}

// readModules reads every tensor, which refuses NaN, and counts the modules.
func readModules(t *testing.T, a *adapter.Adapter) (pairs, wholes int) {
	t.Helper()
	for _, m := range a.Modules {
		for _, tensor := range m.Tensors() {
			if err := a.Read(tensor, make([]float32, tensor.Elements())); err != nil {
				t.Error(err)
			}
		}
		if m.Form == adapter.Whole {
			wholes++
		}
	}
	return len(a.Modules) - wholes, wholes
}

// TestTrainedHead: the heads of the classifiers are averaged by their weights.
func TestTrainedHead(t *testing.T) {
	weights := map[string]float64{"gpt2-classify-a": 0.2, "gpt2-classify-b": 0.3, "gpt2-classify-c": 0.5}
	recipe := sharedRecipe(t, slices.Sorted(maps.Keys(weights)), "m: {ties: [gpt2-classify-a, gpt2-classify-b, gpt2-classify-c], density: 0.5, weights: {gpt2-classify-a: 0.2, gpt2-classify-b: 0.3, gpt2-classify-c: 0.5}}")
	runRecipe(t, recipe)
	var want []float64
	for name, w := range weights {
		for i, x := range head(t, openAdapter(t, filepath.Join(shared, "adapters", name))) {
			if len(want) <= i {
				want = append(want, 0)
			}
			want[i] += w * float64(x)
		}
	}
	for i, x := range head(t, saved(t, recipe)) {
		if math.Abs(float64(x)-want[i]) > 1e-6*math.Abs(want[i])+1e-9 {
			t.Fatalf("element %d of the head is %v, want %v", i, x, want[i])
		}
	}
}

// head is the one whole tensor of an adapter.
func head(t *testing.T, a *adapter.Adapter) []float32 {
	t.Helper()
	for _, m := range a.Modules {
		if m.Form == adapter.Whole {
			x := make([]float32, m.W.Elements())
			if err := a.Read(m.W, x); err != nil {
				t.Fatal(err)
			}
			return x
		}
	}
	t.Fatalf("%s has no head", a.Path)
	return nil
}

// TestTrainedRefused: what differs is refused with a remedy, and the remedy works.
func TestTrainedRefused(t *testing.T) {
	for _, c := range []struct{ other, text, remedy, then string }{
		{"gpt2-faculty", `"gpt2-reviews" has scale 2 (alpha 16, rank 8) and "gpt2-faculty" has scale 4 (alpha 32, rank 8)`,
			"m_folded: {scale: [gpt2-reviews, gpt2-faculty], alpha: fold}", "m: {ties: m_folded, density: 0.5}"},
		{"gpt2-qa-r16", `"gpt2-reviews" has rank 8 and "gpt2-qa-r16" has rank 16`,
			"m_padded: {rank: [gpt2-reviews, gpt2-qa-r16], to: 16}", "m: {ties: m_padded, density: 0.5}"},
	} {
		names := []string{"gpt2-reviews", c.other}
		path := sharedRecipe(t, names, "m: {ties: [gpt2-reviews, "+c.other+"], density: 0.5}")
		p, err := plan.Load(path, plan.Options{})
		if err == nil {
			p.Close()
			t.Errorf("%s: accepted", c.other)
			continue
		}
		if !strings.Contains(err.Error(), c.text) || !strings.Contains(err.Error(), c.remedy) {
			t.Errorf("%v\nwant %q and %q", err, c.text, c.remedy)
		}
		recipe := sharedRecipe(t, names, c.remedy, c.then)
		runRecipe(t, recipe)
		saved(t, recipe)
	}
}

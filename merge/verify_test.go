package merge_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/peft"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
)

func verify(t *testing.T, out, from string) *run.Verdict {
	t.Helper()
	verdict, err := run.Verify(t.Context(), out, from, run.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return verdict
}

func TestVerifySame(t *testing.T) {
	for name, lines := range ways {
		recipe := work(t, alike(), append(lines, "o: {save: m, to: out}", "p: {save: a, to: deep/er/copy}")...)
		options := run.Options{Version: "v1.2.3", Cache: openCache(t, t.TempDir()), CacheMode: run.CacheAll}
		if _, err := runWith(t, recipe, options); err != nil {
			t.Fatal(err)
		}
		for _, out := range []string{"out", "deep/er/copy"} {
			if verdict := verify(t, filepath.Join(filepath.Dir(recipe), out), ""); !verdict.Same {
				t.Errorf("%s, %s: %s", name, out, verdict.Difference)
			}
		}
	}
}

// TestVerifyFlippedByte: whichever tensor is spoilt, its module is named.
func TestVerifyFlippedByte(t *testing.T) {
	recipe, _ := held(t)
	out := filepath.Join(filepath.Dir(recipe), "out")
	path := filepath.Join(out, peft.WeightsFile)
	whole := readText(t, path)
	opened := openAdapter(t, out)
	for _, m := range opened.Modules {
		stored, _ := opened.Store.Lookup(m.B.Name)
		at := int(opened.Store.HeaderSize()+stored.End) - 4 // the last element's least byte
		writeFile(t, path, []byte(flipped(whole, at)))
		verdict := verify(t, out, "")
		if verdict.Same || !strings.Contains(verdict.Difference, `module "`+m.Name+`" is the first that differs`) {
			t.Errorf("%s: %+v", m.Name, verdict)
		}
	}
}

func TestVerifyChangedInput(t *testing.T) {
	recipe, _ := held(t)
	change(t, recipe)
	verdict := verify(t, filepath.Join(filepath.Dir(recipe), "out"), "")
	if verdict.Same || verdict.Changed != "input" || !strings.HasPrefix(verdict.Difference, `input "b" (b) has changed since: its weights were sha256:`) {
		t.Errorf("%+v", verdict)
	}
	// Also where the recipe can't even be planned with the new one.
	wider := plain(4, 16, safetensors.F32)
	wider.write(t, filepath.Join(filepath.Dir(recipe), "b"))
	if _, err := plan.Load(recipe, plan.Options{}); err == nil {
		t.Fatal("the recipe can be planned")
	}
	if verdict := verify(t, filepath.Join(filepath.Dir(recipe), "out"), ""); verdict.Changed != "input" {
		t.Errorf("%+v", verdict)
	}
}

// TestVerifyGoneInput: without an input there is nothing to compare with, whether its folder is
// gone or a file stands in its place.
func TestVerifyGoneInput(t *testing.T) {
	recipe, _ := held(t)
	b := filepath.Join(filepath.Dir(recipe), "b")
	for _, begin := range []func() error{
		func() error { return os.RemoveAll(b) },
		func() error { return os.WriteFile(b, []byte("a file"), 0o600) },
	} {
		if err := begin(); err != nil {
			t.Fatal(err)
		}
		_, err := run.Verify(t.Context(), filepath.Join(filepath.Dir(recipe), "out"), "", run.Options{})
		if _, ok := errors.AsType[*fault.Fault](err); !ok || !strings.Contains(err.Error(), `names the input "b", and there is no `) || !strings.HasSuffix(err.Error(), "; put it back, or name the folder that the recipe's paths are relative to with --from") {
			t.Errorf("error %v", err)
		}
	}
}

// TestVerifyTellsWhatChanged: of an output whose parts are changed one at a time, that one
// is named.
func TestVerifyTellsWhatChanged(t *testing.T) {
	rewritten := func(key, old, new string) func(*testing.T, string) {
		return func(t *testing.T, out string) {
			rewriteMetadata(t, out, func(m map[string]string) {
				if !strings.Contains(m[key], old) {
					t.Fatalf("%s does not hold %q", m[key], old)
				}
				m[key] = strings.Replace(m[key], old, new, 1)
			})
		}
	}
	for name, c := range map[string]struct {
		spoil         func(*testing.T, string)
		changed, text string
	}{
		"recipe in the metadata": {rewritten("loramerge.recipe", "density: 0.5", "density: 0.25"), "recipe", "is the first that differs"},
		"name of the recipe":     {rewritten("loramerge.recipe", "seed: 0", "seed: 1"), "recipe", "the plan that made it has the digest"},
		"plan":                   {rewritten("loramerge.plan", "sha256:", "sha512:"), "recipe", "the plan that made it has the digest"},
		"input's hash":           {rewritten("loramerge.inputs", `"weights":"sha256:`, `"weights":"sha256:0`), "input", "has changed since: its weights were sha256:0"},
		"fewer inputs":           {rewritten("loramerge.inputs", `{"adapter":"a"`, `{"adapter":"b"`), "recipe", "reads other inputs than the metadata name"},
		"seed":                   {rewritten("loramerge.seed", "0", "1"), "output", `the header differs: loramerge.seed was "0" and is "1"`},
		"config": {func(t *testing.T, out string) {
			edit(t, filepath.Join(out, peft.ConfigFile), "}", " }")
		}, "output", "adapter_config.json differs from byte"},
		"recipe beside": {func(t *testing.T, out string) {
			edit(t, filepath.Join(out, adapter.RecipeFile), "0.5", "0.25")
		}, "recipe", "recipe.yaml is not the recipe in the metadata"},
		"no recipe beside": {func(t *testing.T, out string) {
			writeFile(t, filepath.Join(out, adapter.RecipeFile), []byte("nothing"))
		}, "recipe", "recipe.yaml can't be read as a recipe"},
	} {
		recipe, _ := held(t)
		out := filepath.Join(filepath.Dir(recipe), "out")
		c.spoil(t, out)
		if verdict := verify(t, out, ""); verdict.Same || verdict.Changed != c.changed || !strings.Contains(verdict.Difference, c.text) {
			t.Errorf("%s: %+v", name, verdict)
		}
	}
}

// TestVerifyOfOlderNames: an output whose digests are of an older version has the same tensors,
// and nothing is said against it.
func TestVerifyOfOlderNames(t *testing.T) {
	recipe, _ := held(t)
	out := filepath.Join(filepath.Dir(recipe), "out")
	rewriteMetadata(t, out, func(m map[string]string) {
		delete(m, "loramerge.digest")
		m["loramerge.version"], m["loramerge.plan"] = "v0.0.1", "sha256:00"
	})
	verdict := verify(t, out, "")
	if !verdict.Same || len(verdict.Notes) != 1 || !strings.Contains(verdict.Notes[0], "of version 1 where this one's are of 2: they were not compared") {
		t.Errorf("%+v", verdict)
	}
	at := len(readText(t, filepath.Join(out, peft.WeightsFile))) - 1
	writeFile(t, filepath.Join(out, peft.WeightsFile), []byte(flipped(readText(t, filepath.Join(out, peft.WeightsFile)), at)))
	if verdict := verify(t, out, ""); verdict.Same || verdict.Changed != "output" {
		t.Errorf("%+v", verdict)
	}
}

// TestVerifyOnOtherKernels: where last bits may differ for the machine's sake, that is said
// and is no change by itself.
func TestVerifyOnOtherKernels(t *testing.T) {
	recipe := work(t, alike(), "m: {svd: [a, b], rank: 2}", "o: {save: m, to: out}")
	if _, err := runWith(t, recipe, run.Options{}); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(filepath.Dir(recipe), "out")
	rewriteMetadata(t, out, func(m map[string]string) { m["loramerge.kernels"] = "far/away" })
	if verdict := verify(t, out, ""); !verdict.Same || len(verdict.Notes) != 1 || !strings.Contains(verdict.Notes[0], "kernels far/away") {
		t.Errorf("%+v", verdict)
	}
	path := filepath.Join(out, peft.WeightsFile)
	writeFile(t, path, []byte(flipped(readText(t, path), len(readText(t, path))-4)))
	if verdict := verify(t, out, ""); verdict.Same || !strings.Contains(verdict.Difference, "made with the matrix kernels far/away") {
		t.Errorf("%+v", verdict)
	}
}

// TestVerifyIsBounded: an output whose recipe would give far larger tensors, or other saves
// beside it, is refused before anything is computed, and nothing is written anywhere.
func TestVerifyIsBounded(t *testing.T) {
	recipe := work(t, alike(), "o: {save: a, to: out}")
	if _, err := runWith(t, recipe, run.Options{}); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(filepath.Dir(recipe), "out")
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "none")) // nothing can be written there
	before := entries(t, recipe)
	rewriteMetadata(t, out, func(m map[string]string) {
		m["loramerge.recipe"] = "version: 1\nstages:\n  a: {load: a}\n  r: {rank: a, to: 60000}\n  o: {save: r, to: out}\n  p: {save: r, to: beside}\n"
	})
	computed := 0
	verdict, err := run.Verify(t.Context(), out, "", run.Options{Progress: func(p run.Progress) { computed++ }})
	if err != nil || verdict.Same || verdict.Changed != "output" || !strings.Contains(verdict.Difference, "[60000 ") || computed > 0 {
		t.Errorf("%+v, %v, after %d modules", verdict, err, computed)
	}
	// Another save is not looked at, however large.
	rewriteMetadata(t, out, func(m map[string]string) {
		m["loramerge.recipe"] = "version: 1\nstages:\n  a: {load: a}\n  r: {rank: a, to: 60000}\n  o: {save: a, to: out}\n  p: {save: r, to: beside}\n"
	})
	if verdict := verify(t, out, ""); !strings.Contains(verdict.Difference, "loramerge.recipe was") {
		t.Errorf("%+v", verdict)
	}
	if after := entries(t, recipe); after != before {
		t.Errorf("it left %s", after)
	}
}

// TestVerifyChosenRanks: ranks that the run chooses are known after its survey, and held to
// the file's before anything is compared.
func TestVerifyChosenRanks(t *testing.T) {
	recipe := work(t, alike(), "m: {svd: [a, b], rank: 3}", "o: {save: m, to: out}")
	edit(t, recipe, "{svd: [a, b], rank: 3}", "{factor: d, energy: 0.6}\n  d: {delta: a}")
	if _, err := runWith(t, recipe, run.Options{}); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(filepath.Dir(recipe), "out")
	if verdict := verify(t, out, ""); !verdict.Same {
		t.Error(verdict.Difference)
	}
	rewriteMetadata(t, out, func(m map[string]string) {
		m["loramerge.recipe"] = strings.Replace(m["loramerge.recipe"], "energy: 0.6", "energy: 1", 1)
	})
	if verdict := verify(t, out, ""); verdict.Same || !strings.Contains(verdict.Difference, "has the shape") {
		t.Errorf("%+v", verdict)
	}
}

// rewriteMetadata writes the weights' file of a folder again, with other metadata.
func rewriteMetadata(t *testing.T, folder string, change func(map[string]string)) {
	t.Helper()
	path := filepath.Join(folder, peft.WeightsFile)
	file, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	metadata := maps.Clone(file.Metadata())
	change(metadata)
	var specs []safetensors.Spec
	for _, tensor := range file.Tensors() {
		specs = append(specs, safetensors.Spec{Name: tensor.Name, DType: tensor.DType, Shape: tensor.Shape})
	}
	layout, err := safetensors.NewLayout(specs, metadata)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, path, append(slices.Clone(layout.Header()), readText(t, path)[file.HeaderSize():]...))
}

// TestVerifyMoved: an output that was moved away from its recipe is told where that lies.
func TestVerifyMoved(t *testing.T) {
	recipe, _ := held(t)
	moved := filepath.Join(t.TempDir(), "moved")
	if err := os.Rename(filepath.Join(filepath.Dir(recipe), "out"), moved); err != nil {
		t.Fatal(err)
	}
	if _, err := run.Verify(t.Context(), moved, "", run.Options{}); err == nil {
		t.Error("its inputs were found")
	}
	if verdict := verify(t, moved, filepath.Dir(recipe)); !verdict.Same {
		t.Error(verdict.Difference)
	}
}

// TestVerifyAbove: an output above its recipe's folder doesn't say where that is.
func TestVerifyAbove(t *testing.T) {
	recipe := work(t, alike(), "o: {save: a, to: ../above}")
	if _, err := runWith(t, recipe, run.Options{}); err != nil {
		t.Fatal(err)
	}
	above := filepath.Join(filepath.Dir(recipe), "..", "above")
	if _, err := run.Verify(t.Context(), above, "", run.Options{}); err == nil || !strings.Contains(err.Error(), "--from") {
		t.Errorf("error %v", err)
	}
	if verdict := verify(t, above, filepath.Dir(recipe)); !verdict.Same {
		t.Error(verdict.Difference)
	}
}

package merge_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/merge/run"
)

// TestFilledLayers: pairs of zeros change nothing that the adapter does.
func TestFilledLayers(t *testing.T) {
	path := work(t, map[string]folder{"a": gap}, "o: {save: a, to: out, for: lorax, fill-layers: 4}")
	runRecipe(t, path)
	before, after := inputEffects(t, path, "a"), effects(t, saved(t, path))
	if len(after) != 8 {
		t.Errorf("%d modules", len(after))
	}
	for module, x := range after {
		want := before[module]
		if want == nil {
			want = make([]float32, len(x))
		}
		if !slices.Equal(x, want) {
			t.Errorf("%s has changed", module)
		}
	}
}

// TestRanksOfTheRunAreRead: where the run chooses the ranks, what the reader can't load
// ends the run before its output takes its place, and what stood there stands.
func TestRanksOfTheRunAreRead(t *testing.T) {
	lines := func(factor, save string) []string {
		return []string{"d: {delta: [a, b, c]}", "s: {sum: d, missing: zero}", "m: {factor: s, " + factor + "}", "o: {save: m, to: out, dtype: float32, " + save + "}"}
	}
	inputs := map[string]folder{"a": plain(4, 8, safetensors.F32), "b": plain(4, 8, safetensors.F32), "c": plain(8, 8, safetensors.F32)}
	for _, c := range []struct{ save, note, text string }{
		{"for: sglang", "the run chooses a rank for each module, and SGLang wants one for all", "SGLang refuses modules of several ranks"},
		{"for: lorax", "the run chooses a rank for each module, and LoRAX wants one", "LoRAX wants one rank for a kind of module in all layers"},
		{"for: gguf-converter", "the run chooses a rank for each module, and llama.cpp's converter wants one", "llama.cpp scales a pair by lora_alpha / its rank"},
		{"for: vllm, max-lora-rank: 1", "the run chooses ranks up to", "above max-lora-rank: 1"},
	} {
		path := work(t, inputs, lines("energy: 0.8", "for: peft")...)
		runRecipe(t, path)
		before := content(t, path)
		writeRecipe(t, filepath.Dir(path), inputs, lines("energy: 0.8", c.save)...)
		if said, refused := planned(t, path); refused || len(said) != 1 || !strings.Contains(said[0].Text, c.note) {
			t.Errorf("%s: planning says %v", c.save, said)
		}
		_, err := runWith(t, path, run.Options{})
		m, ok := errors.AsType[*fault.Fault](err)
		if !ok || !strings.Contains(m.Text, c.text) {
			t.Fatalf("%s: %v", c.save, err)
		}
		if names := entries(t, path); content(t, path) != before || strings.Contains(names, ".out.") {
			t.Errorf("%s: the output that stood there has changed, or something was left: %s", c.save, names)
		}
		mend(t, path, m.Remedy)
		runRecipe(t, path)
		checkRead(t, path, strings.TrimPrefix(c.save, "for: "))
	}
}

// TestRanksOfTheRunAreSaid: a flag that a server needs for them is said after the run.
func TestRanksOfTheRunAreSaid(t *testing.T) {
	big := map[string]folder{"a": ranked(map[string]int{"model.layers.0.q_proj": 40}, map[string]any{"r": 40})}
	for i := range big["a"].tensors {
		shape := big["a"].tensors[i].shape
		for d := range shape {
			shape[d] = 40
		}
	}
	path := work(t, big, "d: {delta: a}", "m: {factor: d, energy: 1}", "o: {save: m, to: out, for: vllm}")
	if said, _ := planned(t, path); len(said) != 0 {
		t.Errorf("planning says %v", said)
	}
	result := runRecipe(t, path)
	if len(result.Warnings) != 1 || !strings.Contains(result.Warnings[0].Error(), "this adapter has rank 40: start vLLM with `--max-lora-rank 64`") {
		t.Errorf("the run warns of %v", result.Warnings)
	}
}

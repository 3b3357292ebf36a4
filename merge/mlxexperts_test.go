package merge_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/merge/run"
)

// mixtureOf is an adapter of mlx_lm for a mixture of 3 experts, with stacks of that rank and a linear layer.
func mixtureOf(rank int) folder {
	f := folder{tensors: []tensor{
		{name: "model.layers.0.self_attn.q_proj.lora_a", dtype: safetensors.F32, shape: []int{8, rank}},
		{name: "model.layers.0.self_attn.q_proj.lora_b", dtype: safetensors.F32, shape: []int{rank, 8}},
	}}
	for _, name := range []string{"gate_proj", "up_proj", "down_proj"} {
		in, out := 8, 6
		if name == "down_proj" {
			in, out = 6, 8
		}
		stack := "model.layers.0.mlp.switch_mlp." + name
		f.tensors = append(f.tensors, tensor{name: stack + ".lora_a", dtype: safetensors.F32, shape: []int{3, rank, in}}, tensor{name: stack + ".lora_b", dtype: safetensors.F32, shape: []int{3, out, rank}})
	}
	return f
}

// writeMLX writes a folder of mlx_lm.
func (f folder) writeMLX(t *testing.T, dir string, rank int, scale float64) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "adapter_config.json"), fmt.Appendf(nil, `{"model": "tiny", "num_layers": -1, "lora_parameters": {"rank": %d, "scale": %v, "dropout": 0.0}}`, rank, scale))
	f.writeWeightsAs(t, filepath.Join(dir, "adapters.safetensors"), "")
}

// mixtures is a recipe beside two of them, of different ranks and scales.
func mixtures(t *testing.T, lines ...string) string {
	t.Helper()
	path := work(t, nil, append([]string{"both: {load: {a: a, b: b}}"}, lines...)...)
	mixtureOf(2).writeMLX(t, filepath.Join(filepath.Dir(path), "a"), 2, 4)
	mixtureOf(3).writeMLX(t, filepath.Join(filepath.Dir(path), "b"), 3, 2)
	return path
}

// TestMLXExperts: stacks of experts are merged expert by expert, and written as mlx_lm stores them: the sum's ΔW is that
// of the adapters, added up in float64.
func TestMLXExperts(t *testing.T) {
	for _, lines := range [][]string{
		{"d: {delta: both}", "s: {sum: d}", "m: {factor: s, rank: 5}"},
		{"m: {concat: both}"},
		{"c: {core: both}", "s: {sum: c}", "m: {factor: s, rank: 5}"},
	} {
		path := mixtures(t, append(lines, "o: {save: m, to: out}")...)
		runRecipe(t, path)
		out := saved(t, path)
		a, b, got := inputEffects(t, path, "a"), inputEffects(t, path, "b"), effects(t, out)
		if out.Format.Name() != "MLX" || len(got) != 10 || len(a) != 10 {
			t.Fatalf("%v: %d modules of %s, made of %d", lines, len(got), out.Format.Name(), len(a))
		}
		for module, delta := range got {
			sum := make([]float32, len(delta))
			for i := range sum {
				sum[i] = float32(float64(a[module][i]) + float64(b[module][i]))
			}
			if far := relativeError(delta, sum); far > 1e-6 {
				t.Errorf("%v: ΔW of %s is off by %.3g of its norm", lines, module, far)
			}
		}
		if verdict, err := run.Verify(t.Context(), out.Path, "", run.Options{}); err != nil || !verdict.Same {
			t.Errorf("verify: %+v, %v", verdict, err)
		}
	}
}

// TestStacksOfOthers: the stacks of PEFT and of mlx_lm belong to different modules, so that neither is saved as the other; what
// is left is, or it is said that nothing is.
func TestStacksOfOthers(t *testing.T) {
	const others = `"model.layers.0.mlp.switch_mlp.down_proj[0/3]" is one of the experts that MLX has in a stack, and models in PEFT have other modules for them`
	path := mixtures(t, "one: {load: a}", "o: {save: one, to: out, for: vllm}")
	m := onlyFault(t, path)
	if !strings.Contains(m.Text, others) {
		t.Fatal(m)
	}
	mend(t, path, m.Remedy)
	runRecipe(t, path)
	if got := effects(t, saved(t, path)); len(got) != 1 || got["model.layers.0.self_attn.q_proj"] == nil {
		t.Errorf("%d modules are left", len(got))
	}

	alone := contents["stacked experts"]
	alone.tensors = alone.tensors[len(alone.tensors)-4:]
	m = onlyFault(t, work(t, map[string]folder{"a": alone}, "o: {save: a, to: out, for: mlx}"))
	if m.Remedy != "nothing would be left without these: save for another reader" {
		t.Errorf("%v", m)
	}
}

// TestTasksAndLayersForMLX: mlx_lm builds causal language models alone, and has names of its own for layers of GPT-2 and GPT-NeoX.
func TestTasksAndLayersForMLX(t *testing.T) {
	of := func(names ...string) folder {
		f := folder{config: map[string]any{"r": 4, "lora_alpha": 8, "task_type": "CAUSAL_LM"}}
		for _, name := range names {
			f.tensors = append(f.tensors, pair(name, safetensors.F32, 8, 8, 4)...)
		}
		return f
	}
	for _, c := range []struct {
		in             folder
		text, remedy   string
		refused, saves bool
	}{
		{of("roberta.encoder.layer.0.attention.self.query").plus(map[string]any{"task_type": "SEQ_CLS"}),
			"mlx_lm builds models of the task CAUSAL_LM alone, and this adapter was trained for SEQ_CLS", "save it for a reader of PEFT's folders", true, false},
		{of("transformer.h.0.attn.c_attn"), `if the base model is GPT-2, mlx_lm calls "transformer.h.0.attn.c_attn" "model.h.0.attn.c_attn"`, "add `rename: {transformer.: model.}` to the loads of adapters of GPT-2", false, true},
		{of("gpt_neox.layers.0.mlp.dense_h_to_4h"), `mlx_lm calls "gpt_neox.layers.0.mlp.dense_h_to_4h" "model.h.0.mlp.dense_h_to_4h"`, "add `rename: {gpt_neox.layers.: model.h.}` to the loads", true, true},
		{of("gpt_neox.layers.0.mlp.dense_h_to_4h", "embed_out"), `mlx_lm calls "gpt_neox.layers.0.mlp.dense_h_to_4h"`, "add `rename: {gpt_neox.layers.: model.h., \"\": model.}` to the loads", true, true},
		{of("gpt_neox.layers.0.mlp.dense_h_to_4h").with("gpt_neox.embed_in.lora_embedding_A", safetensors.F32, []int{4, 12}).with("gpt_neox.embed_in.lora_embedding_B", safetensors.F32, []int{16, 4}),
			`mlx_lm calls "gpt_neox.layers.0.mlp.dense_h_to_4h"`, "add `rename: {gpt_neox.layers.: model.h., gpt_neox.: model.}` to the loads", true, true},
	} {
		path := work(t, map[string]folder{"a": c.in}, "o: {save: a, to: out, for: mlx}")
		said, refused := planned(t, path)
		if refused != c.refused || len(said) == 0 || !strings.Contains(said[0].Text, c.text) || said[0].Remedy != c.remedy {
			t.Fatalf("refused %v: %v", refused, said)
		}
		if !c.saves {
			continue
		}
		rename := c.remedy[strings.IndexByte(c.remedy, '`')+1 : strings.LastIndexByte(c.remedy, '`')]
		writeFile(t, path, []byte(strings.Replace(readText(t, path), "{load: a", "{load: a, "+rename, 1)))
		if said, refused := planned(t, path); refused {
			t.Errorf("after the remedy: %v", said)
		}
		runRecipe(t, path)
		for module := range effects(t, saved(t, path)) {
			if !strings.HasPrefix(module, "model.") {
				t.Errorf("%q was saved", module)
			}
		}
	}
}

package merge_test

import (
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/mlx"
	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/merge/plan"
	"github.com/loramerge/loramerge/merge/run"
)

var (
	// embedded is what PEFT saves of an embedding whose pair it trained.
	embedded = plain(4, 8, safetensors.F32).
			with("model.embed_tokens.lora_embedding_A", safetensors.F32, []int{4, 12}).with("model.embed_tokens.lora_embedding_B", safetensors.F32, []int{16, 4})
	ownExperts = ranked(map[string]int{"model.layers.0.mlp.experts.0.up_proj": 4, "model.layers.0.self_attn.q_proj": 4}, nil)
	seeing     = ranked(map[string]int{"model.vision_tower.layers.0.q_proj": 4, "model.layers.0.q_proj": 4}, nil)
	newNames   = ranked(map[string]int{"model.language_model.layers.0.q_proj": 4, "lm_head": 4}, nil)
)

// TestForMLX: what a folder of MLX can't hold is an error at plan time. Its remedy, put into the
// recipe to the letter, leaves nothing to say, and what the recipe then saves has the very ΔW of
// the pairs that are left.
func TestForMLX(t *testing.T) {
	for _, c := range []struct {
		in      folder
		text    string // of the first mistake; empty where there is none
		isError bool
		rename  string
	}{
		{in: sound}, {in: severalRanks}, {in: severalAlpha}, {in: rsLoRA}, {in: gap}, {in: large},
		{in: lmHead, text: `mlx_lm has no place for whole tensors such as "lm_head.weight"`, isError: true},
		{in: biased, text: `whole tensors such as "model.layers.0.q_proj.bias"`, isError: true},
		{in: convolution, text: `mlx_lm has no place for "conv", whose layer is neither linear nor an embedding (conv)`, isError: true},
		{in: ownExperts, text: `mlx_lm has one stack for all experts of a layer, and "model.layers.0.mlp.experts.0.up_proj" is for one of them`, isError: true},
		{in: seeing, text: `mlx_lm builds the language model alone, without "model.vision_tower.layers.0.q_proj"`, isError: true},
		{in: newNames, text: `mlx_lm calls "model.language_model.layers.0.q_proj" "language_model.model.layers.0.q_proj"`, isError: true,
			rename: "rename: {model.language_model.: language_model.model., \"\": language_model.}"},
		{in: embedded, text: `where the base model ties its head to "model.embed_tokens", MLX applies the pair to both and PEFT to the embedding alone`},
	} {
		path := work(t, map[string]folder{"a": c.in}, "o: {save: a, to: out, for: mlx}")
		said, refused := planned(t, path)
		if refused != c.isError || len(said) > 0 != (c.text != "") || len(said) > 0 && !strings.Contains(said[0].Text, c.text) {
			t.Fatalf("refused %v: %v", refused, said)
		}
		switch {
		case c.rename != "":
			if want := "add `" + c.rename + "` to the loads"; said[0].Remedy != want {
				t.Errorf("remedy %q, not %q", said[0].Remedy, want)
			}
			writeFile(t, path, []byte(strings.Replace(readText(t, path), "{load: a", "{load: a, "+c.rename, 1)))
		case len(said) > 0:
			mend(t, path, said[0].Remedy)
		}
		if said, _ := planned(t, path); len(said) > 0 {
			t.Errorf("after the remedy: %v", said)
		}
		runRecipe(t, path)
		out := saved(t, path)
		got, was := effects(t, out), inputEffects(t, path, "a")
		if out.Format != mlx.Format || len(got) == 0 {
			t.Errorf("%q: %d modules of %s", c.text, len(got), out.Format.Name())
		}
		for module, delta := range got {
			module = strings.Replace(strings.Replace(module, "language_model.model.", "model.language_model.", 1), "language_model.lm_head", "lm_head", 1)
			if !slices.Equal(delta, was[module]) {
				t.Errorf("%q: another ΔW of %s", c.text, module)
			}
		}
	}
}

// TestFormatOfInputs: without `for` a merge is saved in the format of its inputs, and as PEFT where
// they differ; `for` chooses. Whatever the format, it is the same merge.
func TestFormatOfInputs(t *testing.T) {
	adapters := alike()
	names := slices.Sorted(maps.Keys(adapters))
	lines := []string{"both: {load: {x: " + names[0] + ", y: " + names[1] + "}}"}
	for _, name := range names {
		lines = append(lines, "m-"+name+": {save: "+name+", to: mlx-"+name+", for: mlx}")
	}
	path := work(t, adapters, lines...)
	runRecipe(t, path)
	var first map[string][]float32
	for _, c := range []struct{ x, y, save, want string }{
		{names[0], names[1], "", "PEFT"}, {"mlx-" + names[0], "mlx-" + names[1], "", "MLX"}, {"mlx-" + names[0], names[1], "", "PEFT"},
		{"mlx-" + names[0], names[1], ", for: mlx", "MLX"}, {"mlx-" + names[0], "mlx-" + names[1], ", for: [peft, vllm]", "PEFT"},
	} {
		writeFile(t, path, []byte("version: 1\nstages:\n  both: {load: {x: "+c.x+", y: "+c.y+"}}\n  d: {delta: both}\n  s: {sum: d, norm: inputs}\n  m: {factor: s, rank: 6}\n  o: {save: m, to: out"+c.save+"}\n"))
		if _, err := runWith(t, path, run.Options{Lock: run.LockIgnore}); err != nil { // over the output of another format
			t.Fatal(err)
		}
		out := saved(t, path)
		if out.Format.Name() != c.want {
			t.Errorf("%v is saved as %s", c, out.Format.Name())
		}
		if got := effects(t, out); first == nil {
			first = got
		} else if !sameEffects(first, got) {
			t.Errorf("%v gives another merge", c)
		}
		out.Close()
	}
}

func sameEffects(x, y map[string][]float32) bool {
	return maps.EqualFunc(x, y, func(a, b []float32) bool {
		return slices.EqualFunc(a, b, func(u, v float32) bool { return math.Float32bits(u) == math.Float32bits(v) })
	})
}

// TestSameDigestInEveryFormat: the digest of a module's tensors is that of their elements in the
// order of rows, so that a result that was computed from an adapter of PEFT is found in the cache
// when the same adapter is loaded from a folder of MLX.
func TestSameDigestInEveryFormat(t *testing.T) {
	path := work(t, map[string]folder{"a": plain(4, 8, safetensors.BF16)}, "o: {save: a, to: out, for: mlx}")
	runRecipe(t, path)
	c := openCache(t, t.TempDir())
	var trimmed []string
	for _, input := range []string{"a", "out"} {
		writeFile(t, path, []byte("version: 1\nstages:\n  x: {load: "+input+"}\n  m: {trim: x, density: 0.5}\n  o: {save: m, to: trimmed, for: peft}\n"))
		result, err := runWith(t, path, run.Options{Lock: run.LockIgnore, Cache: c, CacheMode: run.CacheAll})
		if err != nil {
			t.Fatal(err)
		}
		for _, done := range result.Stages {
			if done.Stage == "m" && input == "out" && done.Computed > 0 {
				t.Errorf("%d modules were computed again, %d found in the cache", done.Computed, done.Cached)
			}
		}
		a := openAdapter(t, filepath.Join(filepath.Dir(path), "trimmed"))
		trimmed = append(trimmed, contentOf(t, a))
	}
	if trimmed[0] != trimmed[1] {
		t.Error("other bytes")
	}
}

// contentOf is all that an adapter's file holds behind its header.
func contentOf(t *testing.T, a *adapter.Adapter) string {
	t.Helper()
	return readText(t, a.Files.Weights)[a.Store.HeaderSize():]
}

// TestOtherNames: an adapter whose format calls the modules of a model otherwise is saved in that
// format alone.
func TestOtherNames(t *testing.T) {
	for _, c := range []struct{ load, save, want string }{
		{"load: style.safetensors", ", for: peft", "style.safetensors is an adapter of kohya, whose modules have other names in PEFT; leave `for` out: without it a merge is saved in the format of its inputs"},
		{"load: style.safetensors", ", for: mlx", "style.safetensors is an adapter of kohya, whose modules have other names in MLX; leave `for` out"},
		{"load: {x: style.safetensors, y: b}", "", "merge adapters of one format, or convert the others with the software that trained them"},
		{"load: style.safetensors", "", ""},
	} {
		path := work(t, map[string]folder{"b": {tensors: pair("unet_x", safetensors.F32, 4, 3, 2)}}, "x: {"+c.load+"}", "m: {sum: x, missing: zero}", "o: {save: m, to: out"+c.save+"}")
		style := folder{tensors: []tensor{{name: "lora_unet_x.lora_down.weight", dtype: safetensors.F32, shape: []int{2, 3}}, {name: "lora_unet_x.lora_up.weight", dtype: safetensors.F32, shape: []int{4, 2}}}}
		style.writeWeightsAs(t, filepath.Join(filepath.Dir(path), "style.safetensors"), "")
		p, err := plan.Load(path, plan.Options{})
		if err == nil {
			p.Close()
		}
		if said := fmt.Sprint(err); c.want == "" != (err == nil) || !strings.Contains(said, c.want) {
			t.Errorf("%+v: %s", c, said)
		}
	}
}

// TestChosenRanksForMLX: ranks that the run chooses, module by module, are padded to the largest
// of them, and verify and the next plan know the output again.
func TestChosenRanksForMLX(t *testing.T) {
	adapters := map[string]folder{"a": plain(6, 6, safetensors.F32), "b": plain(6, 6, safetensors.F32)} // v_proj [8, 16] has rank 8 at most
	path := work(t, adapters, "d: {delta: [a, b]}", "s: {sum: d}", `m: {factor: s, energy: {default: 0.5, modules: {"*.q_proj": 0.9}}}`, "o: {save: m, to: out, for: mlx}")
	runRecipe(t, path)
	out := saved(t, path)
	for i := range out.Modules {
		if got := out.Modules[i].Rank; got != out.Modules[0].Rank || got < 3 || got > 11 {
			t.Errorf("%s has rank %d", out.Modules[i].Name, got)
		}
	}
	if verdict, err := run.Verify(t.Context(), out.Path, "", run.Options{}); err != nil || !verdict.Same {
		t.Errorf("verify: %+v, %v", verdict, err)
	}
	if again := runRecipe(t, path); !again.UpToDate {
		t.Error("the output is not up to date")
	}
}

package merge_test

import (
	"errors"
	"fmt"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/peft"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/safetensors"
	"github.com/loramerge/loramerge/merge/plan"
)

// adapters that readers other than PEFT make something else of.
var (
	severalRanks = ranked(map[string]int{"model.layers.0.q_proj": 2, "model.layers.1.q_proj": 4}, nil)
	rsLoRA       = ranked(map[string]int{"model.layers.0.q_proj": 8, "model.layers.1.q_proj": 8}, map[string]any{"use_rslora": true})
	severalAlpha = ranked(map[string]int{"model.layers.0.q_proj": 4, "model.layers.1.q_proj": 4}, map[string]any{"alpha_pattern": map[string]any{"layers.0.q_proj": 16}})
	large        = ranked(map[string]int{"model.layers.0.q_proj": 600, "model.layers.1.q_proj": 600}, nil)
	rank24       = ranked(map[string]int{"model.layers.0.q_proj": 24, "model.layers.1.q_proj": 24}, nil)
	gap          = ranked(map[string]int{"model.layers.0.q_proj": 4, "model.layers.2.q_proj": 4, "model.layers.1.v_proj": 4, "model.layers.2.v_proj": 4}, nil)
	sound        = ranked(map[string]int{"model.layers.0.q_proj": 4, "model.layers.1.q_proj": 4}, map[string]any{"lora_alpha": 4})
	lmHead       = withHead("lm_head.weight", "lm_head")
	classifier   = withHead("score.weight", "score")
	biased       = plain(4, 4, safetensors.F32).with("model.layers.0.q_proj.bias", safetensors.F32, []int{24})
	// biasedHead is what PEFT saves of a classifier of two layers with bias: all.
	biasedHead = func() folder {
		f := biased.with("model.layers.0.dense.bias", safetensors.F32, []int{24}).with("score.dense.weight", safetensors.F32, []int{2, 2}).with("score.dense.bias", safetensors.F32, []int{2}).
			with("score.modules_to_save.dense.bias", safetensors.F32, []int{2}).with("score.original_module.dense.bias", safetensors.F32, []int{2})
		f.config["modules_to_save"], f.config["bias"] = []string{"classifier", "score"}, "all"
		return f
	}()
	convolution = plain(4, 4, safetensors.F32).
			with("conv.lora_A.weight", safetensors.F32, []int{4, 3, 3, 3}).with("conv.lora_B.weight", safetensors.F32, []int{5, 4, 1, 1})
	twoStacks = ranked(map[string]int{"encoder.layers.0.q_proj": 4, "decoder.layers.0.q_proj": 4, "decoder.layers.1.q_proj": 4, "decoder.layers.1.v_proj": 4}, nil)
	nameless  = ranked(map[string]int{"model.layers.0.q_proj": 4}, map[string]any{"base_model_name_or_path": nil})
)

// ranked is an adapter of lora_alpha 8 with pairs of those ranks.
func ranked(ranks map[string]int, config map[string]any) folder {
	f := folder{config: map[string]any{"lora_alpha": 8, "rank_pattern": ranks}}
	for field, value := range config {
		f.config[field] = value
	}
	for module, rank := range ranks {
		f.config["r"] = rank
		f.tensors = append(f.tensors, pair(module, safetensors.F32, 6, 5, rank)...)
	}
	return f
}

func withHead(name, entry string) folder {
	f := plain(4, 4, safetensors.F32).with(name, safetensors.F32, []int{2, 2})
	f.config["modules_to_save"] = []string{entry}
	return f
}

// TestReaders: what a reader that is named would refuse or read wrongly is an error at
// plan time, and what a flag or a newer release helps with a warning. Its remedy, put into
// the recipe to the letter, leaves nothing to say, and what the recipe then saves is read
// by the reader's own formula as PEFT reads it.
func TestReaders(t *testing.T) {
	for _, c := range []struct {
		in         folder
		readers    string
		text       string // of the first mistake; empty where there is none
		isError    bool
		alsoWanted string // another parameter of the save
	}{
		{in: sound, readers: "peft"}, {in: sound, readers: "vllm"}, {in: sound, readers: "sglang"}, {in: sound, readers: "lorax"}, {in: sound, readers: "gguf-converter"},
		{in: sound, readers: "[peft, vllm, sglang, lorax, gguf-converter]"},
		{in: severalRanks, readers: "peft"}, {in: severalAlpha, readers: "peft"}, {in: lmHead, readers: "peft"},
		// One alpha/r where ranks differ is no matter to vLLM.
		{in: ranked(map[string]int{"model.layers.0.q_proj": 2, "model.layers.1.q_proj": 4}, map[string]any{"alpha_pattern": map[string]any{"layers.0.q_proj": 4}}), readers: "vllm"},
		{in: severalRanks, readers: "vllm", text: `vLLM takes one alpha/r for all modules before its releases of mid 2026, and "model.layers.1.q_proj" has 2 where "model.layers.0.q_proj" has 4`},
		{in: rank24, readers: "vllm", text: "this adapter has rank 24: start vLLM with `--max-lora-rank 32`"},
		{in: rank24, readers: "vllm", alsoWanted: "max-lora-rank: 32"},
		{in: rank24, readers: "vllm", alsoWanted: "max-lora-rank: 16", text: "this adapter has rank 24, above max-lora-rank: 16", isError: true},
		{in: rank24, readers: "sglang", alsoWanted: "max-lora-rank: 20", text: "this adapter has rank 24, above max-lora-rank: 20", isError: true},
		{in: large, readers: "vllm", text: "vLLM loads ranks up to 512, and this adapter has 600", isError: true},
		{in: lmHead, readers: "vllm", text: `vLLM refuses an adapter with whole tensors such as "lm_head.weight"`, isError: true},
		{in: biased, readers: "vllm", text: `whole tensors such as "model.layers.0.q_proj.bias"`, isError: true},
		{in: biasedHead, readers: "vllm", text: `whole tensors such as "model.layers.0.dense.bias"`, isError: true},
		{in: biasedHead, readers: "[vllm, sglang]", text: `whole tensors such as "model.layers.0.dense.bias"`, isError: true},
		{in: classifier, readers: "vllm", text: `vLLM loads heads such as "score.weight" since August 2026`},
		{in: severalRanks, readers: "sglang", text: `SGLang refuses modules of several ranks: "model.layers.0.q_proj" has 2 and "model.layers.1.q_proj" has 4`, isError: true},
		{in: severalAlpha, readers: "sglang", text: "SGLang refuses modules of several alphas", isError: true},
		{in: rsLoRA, readers: "sglang", text: "old releases of SGLang scale an adapter of use_rslora by alpha/r"},
		{in: lmHead, readers: "sglang", text: `SGLang leaves out whole tensors such as "lm_head.weight"`, isError: true},
		{in: severalRanks, readers: "lorax", text: "LoRAX takes one alpha/r for all modules", isError: true},
		{in: gap, readers: "lorax", text: `LoRAX passes a kind of module over in all layers where one lacks it, as layer 1 lacks "model.layers.*.q_proj"`, isError: true},
		{in: gap, readers: "lorax", alsoWanted: "fill-layers: 5"},
		{in: twoStacks, readers: "lorax", text: `as layer 0 lacks "decoder.layers.*.v_proj"`, isError: true},
		{in: convolution, readers: "lorax", text: `LoRAX leaves out "conv", whose layer is not linear (conv)`, isError: true},
		{in: severalRanks, readers: "gguf-converter"}, // lora_alpha / the pair's own rank is PEFT's rule too
		{in: severalAlpha, readers: "gguf-converter", text: `llama.cpp scales a pair by lora_alpha / its rank: "model.layers.1.q_proj" would get 4 and has 2`, isError: true},
		{in: rsLoRA, readers: "gguf-converter", text: "llama.cpp scales a pair by lora_alpha / its rank", isError: true},
		{in: lmHead, readers: "gguf-converter", text: `llama.cpp's converter stops at whole tensors such as "lm_head.weight"`, isError: true},
		{in: convolution, readers: "gguf-converter", text: `llama.cpp's converter stops at convolutions such as "conv"`, isError: true},
		{in: nameless, readers: "gguf-converter", text: "no base model is named, which llama.cpp's converter looks for"},
		{in: severalAlpha, readers: "[sglang, lorax, gguf-converter]", text: "SGLang refuses modules of several alphas", isError: true},
		{in: severalRanks, readers: "[lorax, sglang]", text: "SGLang refuses modules of several ranks", isError: true},
		{in: lmHead, readers: "[vllm, gguf-converter]", text: "vLLM refuses an adapter with whole tensors", isError: true},
	} {
		t.Run(c.readers+" "+c.text, func(t *testing.T) {
			save := "o: {save: a, to: out, dtype: float32, for: " + c.readers + "}"
			if c.alsoWanted != "" {
				save = strings.Replace(save, "}", ", "+c.alsoWanted+"}", 1)
			}
			path := work(t, map[string]folder{"a": c.in}, save)
			said, refused := planned(t, path)
			if refused != c.isError || len(said) > 0 != (c.text != "") || len(said) > 0 && !strings.Contains(said[0].Text, c.text) {
				t.Fatalf("refused %v: %v", refused, said)
			}
			for round := 0; len(said) > 0; round++ {
				if round == 4 {
					t.Fatalf("the remedies lead nowhere: %v", said)
				}
				mend(t, path, said[0].Remedy)
				if said, refused = planned(t, path); refused {
					t.Fatalf("the remedy leads to an error: %v", said)
				}
			}
			runRecipe(t, path)
			checkRead(t, path, c.readers)
		})
	}
}

// planned gives what planning a recipe says of its readers, and whether it was refused.
func planned(t *testing.T, path string) (said []*fault.Fault, refused bool) {
	t.Helper()
	p, err := plan.Load(path, plan.Options{})
	for _, e := range fault.List(err) {
		m, ok := errors.AsType[*fault.Fault](e)
		if !ok {
			t.Fatal(e)
		}
		said = append(said, m)
	}
	if err != nil {
		return said, true
	}
	defer p.Close()
	ofOthers := func(m *fault.Fault) bool { return m.Page != "readers" }
	return slices.DeleteFunc(slices.Clone(p.Warnings), ofOthers), false
}

var (
	stageForm = regexp.MustCompile("`([a-z0-9-]+): (\\{[^`]*\\})`")
	saveForm  = regexp.MustCompile("and save `([a-z0-9-]+)`")
	paramForm = regexp.MustCompile("add `([a-z-]+: [^` ]+)`")
	baseForm  = regexp.MustCompile("with the line `base: NAME`")
)

// mend does with a recipe what a remedy says.
func mend(t *testing.T, path, remedy string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	mended := string(text)
	for _, stage := range stageForm.FindAllStringSubmatch(remedy, -1) {
		mended += fmt.Sprintf("  %s: %s\n", stage[1], stage[2])
	}
	if saves := saveForm.FindStringSubmatch(remedy); saves != nil {
		mended = regexp.MustCompile(`save: [a-z0-9-]+,`).ReplaceAllString(mended, "save: "+saves[1]+",")
	}
	if param := paramForm.FindStringSubmatch(remedy); param != nil {
		mended = strings.Replace(mended, "to: out", "to: out, "+param[1], 1)
	}
	if baseForm.MatchString(remedy) {
		mended = "base: tiny\n" + mended
	}
	if mended == string(text) {
		t.Fatalf("nothing to do in %q", remedy)
	}
	writeFile(t, path, []byte(mended))
}

// checkRead reads the output by the readers' own formulas.
func checkRead(t *testing.T, path, readers string) {
	t.Helper()
	out := saved(t, path)
	c := peft.ConfigOf(out)
	var pairs []*adapter.Module
	kinds := make(map[string]map[string]int) // ranks by kind and layer
	for i := range out.Modules {
		m := &out.Modules[i]
		if m.Form == adapter.Whole {
			if readers != "peft" {
				t.Errorf("%q is left", m.Name)
			}
			continue
		}
		pairs = append(pairs, m)
		if m.Rank > c.R {
			t.Errorf("r is %d and %q has rank %d", c.R, m.Name, m.Rank)
		}
		layer := regexp.MustCompile(`\d+`).FindString(m.Name)
		kind := strings.Replace(m.Name, layer, "*", 1)
		if strings.HasPrefix(kind, "encoder.") {
			continue // a stack of its own
		}
		if kinds[kind] == nil {
			kinds[kind] = make(map[string]int)
		}
		kinds[kind][layer] = m.Rank
	}
	global := c.Alpha / float64(c.R)
	if c.UseRSLoRA {
		global = c.Alpha / math.Sqrt(float64(c.R))
	}
	for _, m := range pairs {
		if strings.Contains(readers, "vllm") && (m.Scale != global || c.R > 512) {
			t.Errorf("vLLM: %q gets %v and has %v; r is %d", m.Name, global, m.Scale, c.R)
		}
		if strings.Contains(readers, "sglang") && (m.Rank != c.R || m.Alpha != c.Alpha || c.UseRSLoRA) {
			t.Errorf("SGLang: %q has rank %d and α %v, r is %d, lora_alpha %v", m.Name, m.Rank, m.Alpha, c.R, c.Alpha)
		}
		if strings.Contains(readers, "lorax") && m.Scale != global {
			t.Errorf("LoRAX: %q gets %v and has %v", m.Name, global, m.Scale)
		}
		if strings.Contains(readers, "gguf") && c.Alpha/float64(m.Rank) != m.Scale {
			t.Errorf("llama.cpp: %q gets %v and has %v", m.Name, c.Alpha/float64(m.Rank), m.Scale)
		}
	}
	if !strings.Contains(readers, "lorax") {
		return
	}
	layers := 0
	for _, ranks := range kinds {
		layers = max(layers, len(ranks))
	}
	for kind, ranks := range kinds {
		all := slices.Collect(func(yield func(int) bool) {
			for _, rank := range ranks {
				if !yield(rank) {
					return
				}
			}
		})
		if len(ranks) != layers || slices.Min(all) != slices.Max(all) {
			t.Errorf("LoRAX: %s has the ranks %v in %d layers", kind, ranks, layers)
		}
	}
}

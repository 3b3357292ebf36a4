package gguf_test

import (
	"strings"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/adapter/gguf"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/golden"
)

func TestNames(t *testing.T) {
	const f32 = adapter.F32
	for _, c := range []struct{ config, module, weight string }{
		{`{"model_type": "qwen3"}`, "model.layers.0.mlp.gate_proj", "blk.0.ffn_gate.weight"},
		{`{"architectures": ["Gemma2ForCausalLM"]}`, "model.layers.41.mlp.up_proj", "blk.41.ffn_up.weight"},
		{`{"architectures": ["Gemma3ForConditionalGeneration"], "model_type": "gemma3", "text_config": {"model_type": "gemma3_text"}}`, "model.language_model.layers.7.mlp.down_proj", "blk.7.ffn_down.weight"},
		{`{"architectures": ["Gemma3ForConditionalGeneration"], "text_config": {}}`, "language_model.model.layers.7.self_attn.o_proj", "blk.7.attn_output.weight"},
		{`{"architectures": ["MistralForCausalLM"], "num_attention_heads": 4, "num_key_value_heads": 2}`, "model.layers.0.self_attn.k_proj", "blk.0.attn_k.weight"},
		{`{"architectures": ["MixtralForCausalLM"], "num_attention_heads": 4, "num_key_value_heads": 2}`, "model.layers.0.self_attn.v_proj", "blk.0.attn_v.weight"},
		{`{"architectures": ["Phi3ForCausalLM"]}`, "model.layers.0.mlp.gate_up_proj", "blk.0.ffn_up.weight"},
		{`{"architectures": ["Phi3ForCausalLM"]}`, "model.layers.0.self_attn.qkv_proj", "blk.0.attn_qkv.weight"},
		{`{"model_type": "qwen2", "tie_word_embeddings": false}`, "lm_head", "output.weight"},
		{"\ufeff" + `{"model_type": "phi3"}`, "lm_head", "output.weight"},
	} {
		m := pair(c.module, 8, 8, 2, 1, f32)
		layout, err := layoutOf(c.config, m)
		if err != nil {
			t.Errorf("%s: %v", c.module, err)
			continue
		}
		if got := layout.Stored[0].Name; got != c.weight+".lora_a" {
			t.Errorf("%s is stored as %s, want %s", c.module, got, c.weight)
			continue
		}
		path, _ := written(t, t.TempDir(), layout, []*adapter.Module{m})
		opened, err := gguf.Format.Open(path, adapter.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := opened.Find(c.module); !ok || opened.Base.Name != "org/tiny" {
			t.Errorf("%s is opened as %s, of %v", c.module, opened.Modules[0].Name, opened.Base)
		}
		opened.Close()
	}
}

func TestRefused(t *testing.T) {
	const f32 = adapter.F32
	llama := func(fields string) string {
		return `{"model_type": "llama", "num_attention_heads": 4, "num_key_value_heads": 2` + fields + `}`
	}
	whole := &adapter.Module{Name: "lm_head.weight", Form: adapter.Whole, W: adapter.Tensor{DType: f32, Shape: []int{4, 4}}}
	conv := pair("model.conv", 8, 8, 2, 1, f32)
	conv.Form = adapter.Conv
	gathered := golden.Gather(t, "testdata/"+t.Name()+".golden")
	for name, c := range map[string]struct {
		config  string
		module  *adapter.Module
		want    string
		unheld  bool
		alsoFor *adapter.Module
	}{
		"no JSON":             {config: "{", module: q(2, 1, f32), want: "the base model's config.json can't be read"},
		"a list":              {config: "[]", module: q(2, 1, f32), want: "the base model's config.json can't be read"},
		"text for a number":   {config: llama(`, "hidden_size": "32"`), module: q(2, 1, f32), want: "can't be read"},
		"text_config is none": {config: llama(`, "text_config": 1`), module: q(2, 1, f32), want: "the text_config in the base model's config.json can't be read"},
		"nothing named":       {config: "{}", module: q(2, 1, f32), want: "names neither architectures nor a model_type"},
		"another class":       {config: `{"architectures": ["Llama4ForCausalLM"], "model_type": "llama"}`, module: q(2, 1, f32), want: `of the architecture "Llama4ForCausalLM", for which no GGUF adapter is written`},
		"another type":        {config: `{"model_type": "granite"}`, module: q(2, 1, f32), want: `of the architecture "granite"`},
		"no heads":            {config: `{"model_type": "llama"}`, module: q(2, 1, f32), want: "has no num_attention_heads or no num_key_value_heads"},
		"Mistral's key heads": {config: `{"model_type": "mistral", "num_attention_heads": 4}`, module: q(2, 1, f32), want: "has no num_attention_heads or no num_key_value_heads"},
		"uneven heads":        {config: `{"model_type": "llama", "num_attention_heads": 4, "num_key_value_heads": 3}`, module: q(2, 1, f32), want: "has 4 attention heads and 3 for keys and values"},
		"uneven hidden size":  {config: llama(`, "hidden_size": 30`), module: q(2, 1, f32), want: "a hidden_size of 30 and 4 attention heads"},
		"a negative number":   {config: llama(`, "hidden_size": -32`), module: q(2, 1, f32), want: "says -32 where a size is expected"},
		"a huge number":       {config: llama(`, "head_dim": 4611686018427387904`), module: q(2, 1, f32), want: "says 4611686018427387904 where a size is expected"},
		"another head_dim":    {config: llama(`, "head_dim": 16`), module: q(2, 1, f32), want: `"model.layers.0.self_attn.q_proj" has 32 outputs, and by its config.json the base model has 64 there`},
		"another hidden size": {config: llama(`, "hidden_size": 64, "head_dim": 8`), module: q(2, 1, f32), want: "has 32 inputs, and by its config.json the base model has 64 there"},
		"an odd head":         {config: `{"model_type": "llama", "num_attention_heads": 32, "num_key_value_heads": 32}`, module: q(2, 1, f32), want: "has 32 outputs, which don't come to an even number for each of 32 heads"},
		"a layer too many":    {config: llama(`, "num_hidden_layers": 2`), module: pair("model.layers.2.mlp.up_proj", 8, 8, 2, 1, f32), want: "lies in layer 2, and by its config.json the base model has 2"},
		"float64":             {config: tinyLlama, module: q(2, 1, adapter.F64), want: "llama.cpp computes with no float64"},
		"a whole tensor":      {config: tinyLlama, module: whole, want: `a GGUF adapter holds pairs alone, and "lm_head.weight" is a whole tensor`, unheld: true},
		"a convolution":       {config: tinyLlama, module: conv, want: `a GGUF adapter holds no convolution such as "model.conv"`, unheld: true},
		"an expert":           {config: tinyLlama, module: pair("model.layers.0.mlp.experts.0.up_proj", 8, 8, 2, 1, f32), want: `llama.cpp's architecture llama has no place for "model.layers.0.mlp.experts.0.up_proj"`, unheld: true},
		"another model's":     {config: tinyLlama, module: pair("model.layers.0.self_attn.qkv_proj", 8, 8, 2, 1, f32), want: "architecture llama has no place for", unheld: true},
		"a layer 01":          {config: tinyLlama, module: pair("model.layers.01.self_attn.q_proj", 32, 32, 2, 1, f32), want: "has no place for", unheld: true},
		"linear embedding":    {config: tinyLlama, module: pair("model.embed_tokens", 32, 32, 2, 1, f32), want: "has no place for", unheld: true},
		"a tied head":         {config: llama(`, "tie_word_embeddings": true`), module: pair("lm_head", 8, 8, 2, 1, f32), want: "the base model's output is its embedding", unheld: true},
		"gemma2's head":       {config: `{"model_type": "gemma2", "tie_word_embeddings": false}`, module: pair("lm_head", 8, 8, 2, 1, f32), want: "the base model's output is its embedding", unheld: true},
		"gemma3's head":       {config: `{"model_type": "gemma3"}`, module: pair("lm_head", 8, 8, 2, 1, f32), want: "the base model's output is its embedding", unheld: true},
		"one place for two":   {config: tinyLlama, module: q(2, 1, f32), alsoFor: pair("language_model.model.layers.0.self_attn.q_proj", 32, 32, 2, 1, f32), want: "are one module of llama.cpp"},
	} {
		t.Run(name, func(t *testing.T) {
			modules := []*adapter.Module{c.module}
			if c.alsoFor != nil {
				modules = append(modules, c.alsoFor)
			}
			_, err := layoutOf(c.config, modules...)
			all := fault.List(err)
			if len(all) != 1 || !strings.Contains(all[0].Error(), c.want) {
				t.Fatalf("got %v, want it to say %q", err, c.want)
			}
			gathered.Add(all[0].Error())
			if u, is := all[0].(*adapter.Unheld); is != c.unheld {
				t.Errorf("%v is a %T", err, all[0])
			} else if is && (len(u.Modules) != 1 || u.Modules[0] != c.module) {
				t.Errorf("the modules are %v", u.Modules)
			} else if f, ok := all[0].(*fault.Fault); !is && (!ok || f.Remedy == "") {
				t.Errorf("%v has no remedy", err)
			}
		})
	}
	if _, err := gguf.Format.Layout(adapter.Content{Modules: []*adapter.Module{q(2, 1, f32)}}); err == nil {
		t.Error("it is written without a configuration")
	} else {
		gathered.Add(err.Error())
	}
}

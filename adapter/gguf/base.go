package gguf

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/internal/fault"
)

// base is what a base model's config.json says, as far as an adapter of it in GGUF depends on it.
// A number that it does not give is 0.
type base struct {
	arch *architecture
	baseFields
}

type baseFields struct {
	Architectures []string `json:"architectures"`
	ModelType     string   `json:"model_type"`
	Heads         int      `json:"num_attention_heads"`
	KeyValueHeads int      `json:"num_key_value_heads"`
	HeadDim       int      `json:"head_dim"`
	Hidden        int      `json:"hidden_size"`
	Intermediate  int      `json:"intermediate_size"`
	Layers        int      `json:"num_hidden_layers"`
	Tied          *bool    `json:"tie_word_embeddings"`
}

// architecture is one of general.architecture that adapters are written for.
type architecture struct {
	name string
	// classes are those of transformers, and types its model_type.
	classes, types []string
	// interleaved: the rows of q and k are stored in the order of llama.cpp's rotary embedding.
	interleaved bool
	// fused: q, k and v are one layer, and gate and up.
	fused bool
	// tied is what tie_word_embeddings is where config.json does not say it.
	tied bool
	// headless: there is never an output of its own.
	headless bool
	// headDim is head_dim where config.json does not say it; 0 if that is hidden_size / heads.
	headDim int
}

// architectures is the list of them (llama.cpp, gguf-py/gguf/constants.py; which rows are
// permuted: conversion/llama.py, LlamaModel.permute).
var architectures = []architecture{
	{name: "llama", interleaved: true, classes: []string{"LlamaForCausalLM", "MistralForCausalLM", "MixtralForCausalLM"}, types: []string{"llama", "mistral", "mixtral"}},
	{name: "qwen2", classes: []string{"Qwen2ForCausalLM"}, types: []string{"qwen2"}},
	{name: "qwen3", headDim: 128, classes: []string{"Qwen3ForCausalLM"}, types: []string{"qwen3"}},
	{name: "gemma2", tied: true, headless: true, headDim: 256, classes: []string{"Gemma2ForCausalLM"}, types: []string{"gemma2"}},
	{name: "gemma3", tied: true, headDim: 256, classes: []string{"Gemma3ForCausalLM", "Gemma3ForConditionalGeneration"}, types: []string{"gemma3_text", "gemma3"}},
	{name: "phi3", fused: true, classes: []string{"Phi3ForCausalLM"}, types: []string{"phi3"}},
}

const rightConfig = "name the config.json of the model that the adapters were trained on, as transformers writes it"

// most bounds the numbers of a config.json: no model comes near it, and products of two stay exact.
const most = 1 << 30

// parseBase reads a config.json.
func parseBase(text []byte) (*base, error) {
	b := &base{}
	var nested struct {
		Text json.RawMessage `json:"text_config"`
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	err := json.Unmarshal(text, &b.baseFields)
	if err == nil {
		err = json.Unmarshal(text, &nested)
	}
	if err != nil {
		return nil, fault.New("the base model's config.json can't be read: %s", inWords(err)).Mend(rightConfig)
	}
	named := b.baseFields
	if len(nested.Text) > 0 { // of a model that reads images too: its language model
		if err := json.Unmarshal(nested.Text, &b.baseFields); err != nil {
			return nil, fault.New("the text_config in the base model's config.json can't be read: %s", inWords(err)).Mend(rightConfig)
		}
		b.Architectures, b.ModelType = named.Architectures, named.ModelType
		if named.Tied != nil {
			b.Tied = named.Tied
		}
	}
	if len(b.Architectures) == 0 && b.ModelType == "" {
		return nil, fault.New("the base model's config.json names neither architectures nor a model_type").Mend(rightConfig)
	}
	if b.arch = b.find(); b.arch == nil {
		return nil, fault.New("the base model's config.json is of the architecture %s, for which no GGUF adapter is written", fault.Quote(cmp.Or(strings.Join(b.Architectures, ", "), b.ModelType))).
			Mend("write `for: gguf-converter` without base-config, for a folder that llama.cpp's convert_lora_to_gguf.py reads").See("gguf")
	}
	for _, n := range []int{b.Heads, b.KeyValueHeads, b.HeadDim, b.Hidden, b.Intermediate, b.Layers} {
		if n < 0 || n > most {
			return nil, fault.New("the base model's config.json says %d where a size is expected", n).Mend(rightConfig)
		}
	}
	return b, b.complete()
}

// inWords leaves Go's names of types out of an error.
func inWords(err error) string {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return cmp.Or(wrong.Field, "it") + " is a JSON " + wrong.Value
	}
	return err.Error()
}

// find goes by the class, as llama.cpp's converter does, and without one by model_type.
func (b *base) find() *architecture {
	for i := range architectures {
		a := &architectures[i]
		if len(b.Architectures) > 0 && slices.Contains(a.classes, b.Architectures[0]) || len(b.Architectures) == 0 && slices.Contains(a.types, b.ModelType) {
			return a
		}
	}
	return nil
}

// complete checks the numbers of heads where rows are permuted by them: with wrong ones the adapter
// would be wrong and load without a word.
func (b *base) complete() error {
	if !b.arch.interleaved {
		return nil
	}
	if b.KeyValueHeads == 0 && (slices.Contains(b.Architectures, "LlamaForCausalLM") || len(b.Architectures) == 0 && b.ModelType == "llama") {
		b.KeyValueHeads = b.Heads // as LlamaConfig has it
	}
	var of *fault.Fault
	switch {
	case b.Heads == 0 || b.KeyValueHeads == 0:
		of = fault.New("the base model's config.json has no num_attention_heads or no num_key_value_heads, by which llama.cpp orders rows")
	case b.Heads%b.KeyValueHeads != 0:
		of = fault.New("the base model's config.json has %d attention heads and %d for keys and values, which does not divide them", b.Heads, b.KeyValueHeads)
	case b.HeadDim == 0 && b.Hidden%b.Heads != 0:
		of = fault.New("the base model's config.json has a hidden_size of %d and %d attention heads, which does not divide it", b.Hidden, b.Heads)
	default:
		return nil
	}
	return of.Mend(rightConfig)
}

// headDim is the width of a head; 0 where it is not known.
func (b *base) headDim() int {
	switch {
	case b.HeadDim > 0 || b.arch.headDim > 0:
		return cmp.Or(b.HeadDim, b.arch.headDim)
	case b.Heads > 0 && b.Hidden%b.Heads == 0:
		return b.Hidden / b.Heads
	}
	return 0
}

// ties reports whether input and output embedding are one tensor.
func (b *base) ties() bool {
	if b.arch.headless || b.Tied == nil {
		return b.arch.tied
	}
	return *b.Tied
}

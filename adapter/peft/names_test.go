package peft

import (
	"slices"
	"testing"

	"github.com/loramerge/loramerge/adapter"
	"pgregory.net/rapid"
)

func TestParseKey(t *testing.T) {
	for name, want := range map[string]key{
		"base_model.model.h.0.q_proj.lora_A.weight":              {module: "h.0.q_proj", slot: slotA, prefixes: 1},
		"base_model.model.h.0.q_proj.lora_B.weight":              {module: "h.0.q_proj", slot: slotB, prefixes: 1},
		"h.0.q_proj.lora_B.weight":                               {module: "h.0.q_proj", slot: slotB},
		"base_model.model.base_model.model.h.q.lora_A.weight":    {module: "h.q", slot: slotA, prefixes: 2},
		"base_model.model.model.h.q.lora_A.weight":               {module: "model.h.q", slot: slotA, prefixes: 1},
		"base_model.model.h.q.lora_A.default.weight":             {module: "h.q", slot: slotA, infix: "default", prefixes: 1},
		"base_model.model.wte.lora_embedding_A":                  {module: "wte", slot: slotA, embedding: true, prefixes: 1},
		"base_model.model.wte.lora_embedding_B.default":          {module: "wte", slot: slotB, embedding: true, infix: "default", prefixes: 1},
		"base_model.model.score.weight":                          {module: "score.weight", slot: slotW, prefixes: 1},
		"base_model.model.score.modules_to_save.weight":          {module: "score.modules_to_save.weight", slot: slotW, prefixes: 1},
		"base_model.model.h.0.attn.bias":                         {module: "h.0.attn.bias", slot: slotW, prefixes: 1},
		"base_model.model.classifier.original_module.dense.bias": {module: "classifier.original_module.dense.bias", slot: slotW, prefixes: 1},
		"base_model.model.h.q.lora_A.two.names.weight":           {module: "h.q.lora_A.two.names.weight", slot: slotW, prefixes: 1},
	} {
		if got := parseKey(name); got != want {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func TestForeignKeys(t *testing.T) {
	const p = "base_model.model.h.q."
	for name, want := range map[string]string{
		p + "lora_magnitude_vector":                "a DoRA magnitude",
		p + "lora_magnitude_vector.default.weight": "a DoRA magnitude",
		p + "lora_B.bias":                          "a LoRA bias",
		p + "lora_B.default.bias":                  "a LoRA bias",
		p + "token_adapter.trainable_tokens_delta": "trainable tokens",
		p + "lora_E":                               "an AdaLoRA rank",
		p + "lora_ranknum":                         "an AdaLoRA rank",
		p + "lora_variant.weight":                  "a LoRA tensor of an unknown kind",
		p + "lora_A":                               "a LoRA tensor of an unknown kind",
		"lora_A.weight":                            "a LoRA tensor of an unknown kind",
		"base_model.model.explora_Encoder.weight":  "",
		"base_model.model.score.weight":            "",
	} {
		if got, _, refused := refuseKey(name); got != want || refused != (want != "") {
			t.Errorf("%s: %q, %v", name, got, refused)
		}
	}
}

// What is written under a module's names is read back as that module.
func TestTensorNamesAreParsedBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[a-z_]{1,6}(\.[a-z0-9_]{1,6}){0,4}`).Draw(t, "module")
		form := rapid.SampledFrom([]adapter.Form{adapter.Linear, adapter.Conv, adapter.Embedding, adapter.Whole}).Draw(t, "form")
		for i, tensor := range tensorNames(name, form) {
			want := key{module: name, slot: slot(i), embedding: form == adapter.Embedding, prefixes: 1}
			if form == adapter.Whole {
				want.slot = slotW
			}
			if got := parseKey(tensor); got != want {
				t.Errorf("%s: got %+v, want %+v", tensor, got, want)
			}
		}
	})
}

func TestForms(t *testing.T) {
	a := opened(t, configWith("target_modules", `["q", "conv", "conv1", "wte"]`),
		ramp("base_model.model.q.lora_A.weight", 2, 3), ramp("base_model.model.q.lora_B.weight", 4, 2),
		ramp("base_model.model.conv.lora_A.weight", 2, 3, 3, 3), ramp("base_model.model.conv.lora_B.weight", 5, 2, 1, 1),
		ramp("base_model.model.conv1.lora_A.weight", 2, 3, 7), ramp("base_model.model.conv1.lora_B.weight", 5, 2, 1),
		ramp("base_model.model.wte.lora_embedding_A", 2, 50), ramp("base_model.model.wte.lora_embedding_B", 6, 2),
		ramp("base_model.model.score.weight", 2, 6), ramp("base_model.model.h.bias", 4))
	type row struct {
		name          string
		form          string
		rank, out, in int
	}
	var got []row
	for i := range a.Modules {
		m := &a.Modules[i]
		r := row{name: m.Name, form: m.Form.String(), rank: m.Rank}
		if m.Form != adapter.Whole {
			r.out, r.in = m.Out(), m.In()
		}
		got = append(got, r)
	}
	want := []row{
		{"conv", "conv", 2, 5, 27}, {"conv1", "conv", 2, 5, 21}, {"h.bias", "whole", 0, 0, 0},
		{"q", "linear", 2, 4, 3}, {"score.weight", "whole", 0, 0, 0}, {"wte", "embedding", 2, 6, 50},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if len(a.Notes) != 0 {
		t.Errorf("notes %q", noteTexts(a))
	}
}

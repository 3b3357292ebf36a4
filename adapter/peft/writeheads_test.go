package peft

import (
	"fmt"
	"slices"
	"testing"

	"github.com/loramerge/loramerge/adapter"
)

// headsOf are whole tensors of those names.
func headsOf(names ...string) []*adapter.Module {
	var out []*adapter.Module
	for _, name := range names {
		out = append(out, &adapter.Module{Name: name, Form: adapter.Whole, W: shaped(adapter.F32, 2)})
	}
	return out
}

// What the configuration says of whole tensors follows from those that the file holds.
func TestMergedHeads(t *testing.T) {
	for _, c := range []struct {
		field, value string   // in both inputs
		stored, held []string // whole tensors of the inputs and of the output
		want         string
	}{
		{"modules_to_save", `["score", "classifier"]`, nil, []string{"classifier.bias", "classifier.weight", "score.weight"}, "[classifier score]"},
		{"modules_to_save", `["score", "classifier"]`, []string{"classifier.weight"}, []string{"score.weight"}, "[score]"},
		{"modules_to_save", `["classifier", "lm_head"]`, []string{"classifier.weight", "lm_head.weight"}, nil, "<nil>"},
		{"modules_to_save", `["classifier"]`, nil, []string{"classifier.dense.weight", "classifier.out_proj.weight"}, "[classifier]"},
		{"modules_to_save", `["score"]`, nil, []string{"model.score.original_module.weight"}, "[score]"},
		{"modules_to_save", `["score"]`, nil, []string{"score"}, "<nil>"},
		{"modules_to_save", `["score"]`, nil, []string{"scores.weight"}, "<nil>"},
		{"modules_to_save", `["a.score"]`, nil, []string{"x.a.score.weight"}, "[a.score]"},
		{"modules_to_save", `[]`, nil, []string{"embed_tokens.weight"}, "<nil>"},
		// PEFT asks key.endswith(entry).
		{"modules_to_save", `["head"]`, nil, []string{"lm_head.weight"}, "[head]"},
		{"modules_to_save", `["classifier"]`, nil, []string{"classifier.weight", "pre_classifier.weight"}, "[classifier]"},
		{"modules_to_save", `["classifier"]`, []string{"classifier.weight"}, []string{"pre_classifier.weight"}, "[pre_classifier]"},
		{"bias", `"lora_only"`, nil, []string{"h.0.q_proj.bias"}, "lora_only"},
		{"bias", `"all"`, []string{"h.0.q_proj.bias"}, nil, "none"},
		{"bias", `"all"`, nil, []string{"score.weight"}, "none"},
		{"bias", "null", nil, nil, "none"},
		{"task_type", `"SEQ_CLS"`, nil, []string{"classifier.weight"}, "SEQ_CLS"},
		{"task_type", `"TOKEN_CLS"`, nil, []string{"score.weight"}, "TOKEN_CLS"},
		{"task_type", `"SEQ_CLS"`, nil, []string{"lm_head.weight"}, "<nil>"},
		{"task_type", `"SEQ_CLS"`, []string{"classifier.weight"}, []string{"pre_classifier.weight"}, "<nil>"},
		{"task_type", `"QUESTION_ANS"`, nil, []string{"qa_outputs.weight"}, "QUESTION_ANS"},
		{"task_type", `"QUESTION_ANS"`, []string{"qa_outputs.weight"}, nil, "<nil>"},
		{"task_type", `"CAUSAL_LM"`, nil, nil, "CAUSAL_LM"},
	} {
		inputs := []*adapter.Adapter{holding(t, configWith(c.field, c.value), c.stored...), holding(t, configWith(c.field, c.value), c.held...)}
		if got := fmt.Sprint(merged(t, inputs, headsOf(c.held...), "")[c.field]); got != c.want {
			t.Errorf("%s of %s with %q: got %s, want %s", c.field, c.value, c.held, got, c.want)
		}
	}
}

// holding is an input with whole tensors.
func holding(t *testing.T, config string, tensors ...string) *adapter.Adapter {
	a := inputOf(t, config)
	for _, m := range headsOf(tensors...) {
		a.Modules = append(a.Modules, *m)
	}
	return a
}

// The wider of two inputs' bias holds.
func TestMergedBias(t *testing.T) {
	inputs := []*adapter.Adapter{inputOf(t, configWith("bias", `"all"`)), inputOf(t, configWith("bias", `"lora_only"`))}
	if got := merged(t, inputs, headsOf("h.0.q_proj.bias"), "")["bias"]; got != "all" {
		t.Errorf("bias is %v", got)
	}
}

// The biases of a head come with modules_to_save; `bias: all` keeps two more of each.
func TestMergedBiasOfHead(t *testing.T) {
	for held, want := range map[string]string{
		"classifier.dense.bias":                 "none",
		"classifier.modules_to_save.dense.bias": "all",
		"classifier.original_module.dense.bias": "all",
	} {
		input := holding(t, configWith("modules_to_save", `["classifier"]`, "bias", `"all"`), held)
		if got := merged(t, []*adapter.Adapter{input}, headsOf(held), "")["bias"]; got != want {
			t.Errorf("%s: bias is %v, want %s", held, got, want)
		}
	}
}

func TestCutHeads(t *testing.T) {
	input := holding(t, configWith("modules_to_save", `["classifier", "score"]`),
		"classifier.bias", "classifier.weight", "pre_classifier.weight", "score.weight")
	for _, c := range []struct {
		held []string
		want []CutHead
	}{
		{nil, nil},
		{[]string{"score.weight"}, nil},
		{[]string{"classifier.bias", "classifier.weight", "pre_classifier.weight"}, nil},
		{[]string{"pre_classifier.weight"}, nil},
		{[]string{"classifier.bias", "score.weight"}, []CutHead{{"classifier", "classifier.bias", "classifier.weight"}}},
		// No entry names classifier and not pre_classifier.
		{[]string{"classifier.bias", "classifier.weight"}, []CutHead{{"classifier", "classifier.weight", "pre_classifier.weight"}}},
	} {
		if got := CutHeads([]*adapter.Adapter{input, input}, headsOf(c.held...)); !slices.Equal(got, c.want) {
			t.Errorf("%q: got %+v", c.held, got)
		}
	}
	other := holding(t, configWith("modules_to_save", `["score"]`), "score.weight", "score.bias")
	for _, inputs := range [][]*adapter.Adapter{{input, other}, {other, input}} {
		if got := CutHeads(inputs, headsOf("score.weight")); got != nil {
			t.Errorf("one that is picked of two: got %+v", got)
		}
	}
}

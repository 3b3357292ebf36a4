package peft

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// The names of wrappers are no part of a module's name, wherever they stand.
func TestWrappers(t *testing.T) {
	for _, beginning := range []string{
		"base_model.model.", "", "base_model.model.base_model.model.",
		"_orig_mod.base_model.model.", "base_model.model._orig_mod.", "base_model._orig_mod.model.", "_orig_mod.",
		"module.base_model.model.", "module.", "base_model.model.module.", "module._orig_mod.base_model.model.", "module.module.",
		"_fsdp_wrapped_module.base_model.model.", "base_model.model._fsdp_wrapped_module.", "base_model.model._checkpoint_wrapped_module._fsdp_wrapped_module.",
		"_forward_module.base_model.model.", "base_model.model._forward_module.", "model.base_model.model.", "pretrained_model.base_model.model.",
		"actor.module._orig_mod.base_model.model.base_model.model.",
	} {
		for _, inner := range []string{"h.0.q_proj", "h.0._fsdp_wrapped_module.q_proj", "h._orig_mod.0._checkpoint_wrapped_module.q_proj", "h.0.q_proj._orig_mod"} {
			a := opened(t, configWith("target_modules", fmt.Sprintf("[%q]", inner), "rank_pattern", fmt.Sprintf(`{%q: 2}`, inner), "r", "7",
				"alpha_pattern", fmt.Sprintf(`{"^%s": 6, "q_proj": 9}`, strings.ReplaceAll(inner, ".", `\\.`))),
				ramp(beginning+inner+".lora_A.weight", 2, 3), ramp(beginning+inner+".lora_B.weight", 4, 2), ramp(beginning+"score._orig_mod.weight", 2))
			if m := module(t, a, "h.0.q_proj"); m.Alpha != 6 || m.Rank != 2 {
				t.Errorf("%s%s: α %v", beginning, inner, m.Alpha)
			}
			module(t, a, "score.weight")
			if !slices.ContainsFunc(noteTexts(a), func(text string) bool { return strings.HasPrefix(text, "keys contain the names of wrappers") }) {
				t.Errorf("%s%s: notes %q", beginning, inner, noteTexts(a))
			}
			if slices.ContainsFunc(noteTexts(a), func(text string) bool {
				return strings.Contains(text, "target_modules") || strings.Contains(text, "rank")
			}) {
				t.Errorf("%s%s: notes %q", beginning, inner, noteTexts(a))
			}
		}
	}
}

// A name that merely holds such a word is another name.
func TestNoWrappers(t *testing.T) {
	for _, name := range []string{"h.module.q_proj", "my_orig_mod.q_proj", "h._fsdp_wrapped_module_2.q_proj", "modules.q_proj", "h.base_model.q_proj", "base_model.h.q_proj"} {
		module(t, opened(t, configWith(), pairOf(name, 2, 3, 4)...), name)
	}
}

// What stands behind PEFT's prefix is the base model's, even where the prefix comes again.
func TestPrefixInside(t *testing.T) {
	module(t, opened(t, configWith(), pairOf("base_model.model.agent.base_model.model.q_proj", 2, 3, 4)...), "agent.base_model.model.q_proj")
}

// Two keys of one module are one too many, wrapped or not.
func TestWrappedTwice(t *testing.T) {
	path := folder(t, configWith(), append(pairOf("q_proj", 2, 3, 4), ramp("_orig_mod.q_proj.lora_A.weight", 2, 3))...)
	expectFault(t, path, `tensor "_orig_mod.q_proj.lora_A.weight" has the same place as another one`)
}

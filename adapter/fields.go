package adapter

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// knownFields are those that need no word: they are read here, refused by name, or matter
// to training or to a server alone. The first are LoraConfig's up to PEFT 0.20, then come
// those of its early releases and those that ms-swift adds.
var knownFields = strings.Fields(`
	alora_invocation_tokens alpha_pattern arrow_config auto_mapping base_model_name_or_path bias corda_config
	ensure_weight_tying eva_config exclude_modules fan_in_fan_out inference_mode init_lora_weights kasa_config layer_replication
	layers_pattern layers_to_transform loftq_config lora_alpha lora_bias lora_dropout lora_ga_config megatron_config
	megatron_core modules_to_save monteclora_config peft_type peft_version qalora_group_size r rank_pattern revision
	runtime_config target_modules target_parameters task_type trainable_token_indices use_bdlora use_dora use_qalora
	use_rslora velora_config
	enable_lora merge_weights
	lora_dtype lorap_lr_ratio lorap_emb_lr`)

// Known reports whether this version knows a field of adapter_config.json.
func Known(field string) bool { return slices.Contains(knownFields, field) }

// unknownFields are those that are set, not known and not allowed: every variant of LoRA
// that PEFT gains is switched on by a field of its own.
func (c *Config) unknownFields(allowed []string) []string {
	var unknown []string
	for _, field := range slices.Sorted(maps.Keys(c.Raw)) {
		if isSet(c.Raw[field]) && !Known(field) && !slices.Contains(allowed, field) {
			unknown = append(unknown, field)
		}
	}
	return unknown
}

func quotedList(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = strconv.Quote(name)
	}
	return strings.Join(quoted, ", ")
}

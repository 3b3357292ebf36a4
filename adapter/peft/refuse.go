package peft

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/go-multierror"
	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/jsonobject"
)

const (
	doraRemedy     = "DoRA rescales the base model's own columns, which are not in these files; train without use_dora, or merge it into the base model first"
	biasRemedy     = "train with lora_bias: false; ΔW can't represent a bias on lora_B"
	tokensRemedy   = "train them with a LoRA, by trainable_token_indices of LoraConfig; PEFT stores these under token_adapter"
	peftTypeRemedy = "only LoRA adapters can be merged from their files"
	mlxRemedy      = "weights of MLX are called adapters.safetensors; of an adapter of PEFT, put back its own adapter_config.json"
	kasaRemedy     = "KaSA removes the smallest singular values from the base model's weights and puts a diagonal matrix between B and A; train without kasa_config, or merge it into the base model first"
	monteRemedy    = "MonteCLoRA has a sampler for training in addition to A and B, which a merge can't combine; load it in PEFT with monteclora_config = None in its configuration, and save it again"
	unknownRemedy  = "if its training began from the base model's own weights, write `\"init_lora_weights\": true` there instead; otherwise convert it to a plain LoRA with the software that trained it"
	loftqRemedy    = "LoftQ's A and B correct one quantized base model, and PEFT has no conversion for them; train with another init_lora_weights"
	initRemedy     = "convert it to a plain LoRA with PEFT: save_pretrained(…, path_initial_model_for_weight_conversion=…)"
)

// notPlain is the Fault of an adapter that can't be merged from its files alone.
func notPlain(path, format string, args ...any) *fault.Fault {
	return fault.In(path, format, args...).See("not-plain-lora")
}

// plainInits are the words for init_lora_weights that leave the base model as it is.
// MiCA takes B from the base weights and starts with A = 0.
var plainInits = []string{"gaussian", "eva", "orthogonal", "mica"}

// baseInits subtract their start from the base weights, so
// that two such adapters belong to two different bases.
var baseInits = []string{"pissa", "olora", "corda", "loftq", "lora_ga"}

// refusedFields are switches of LoraConfig that change what the tensors mean.
var refusedFields = []struct{ field, remedy string }{
	{"use_dora", doraRemedy},
	{"lora_bias", biasRemedy},
	{"layer_replication", "the base model was rebuilt with repeated layers; merge adapters of the plain base model"},
	{"alora_invocation_tokens", "an activated LoRA works only after its own tokens; train a plain LoRA"},
	{"use_qalora", "QALoRA pools the input in groups; train with use_qalora: false"},
	{"use_bdlora", "block-diagonal LoRA has another shape; train a plain LoRA"},
	{"arrow_config", "Arrow chooses among several adapters for every token, so there is no single ΔW; merge the adapters that it chooses among"},
	{"kasa_config", kasaRemedy},
	{"monteclora_config", monteRemedy},
	{"enable_lora", "parts of one fused layer are trained separately; train a plain LoRA with a released version of PEFT"},
	{"megatron_config", "save the adapter without megatron's parallel layers"},
}

// refusals names everything in the configuration that can't be merged from files alone.
func (c *Config) refusals(path string, options adapter.Options) error {
	var all *multierror.Error
	if c.isMLX() {
		return fault.In(path, "is a configuration of MLX (mlx_lm), and the weights next to it are named as PEFT names them").Mend(mlxRemedy)
	}
	if !strings.EqualFold(c.PEFTType, "LORA") {
		all = multierror.Append(all, notPlain(path, "peft_type is %q", c.PEFTType).Mend(peftTypeRemedy))
	}
	for _, refused := range refusedFields {
		if raw := c.Raw[refused.field]; jsonobject.IsSet(raw) {
			all = multierror.Append(all, notPlain(path, "%s is set (%s)", refused.field, jsonobject.Shorten(raw)).Mend(refused.remedy))
		}
	}
	if err := c.refuseInit(path); err != nil {
		all = multierror.Append(all, err)
	}
	if unknown := c.unknownFields(options.AllowUnknown); len(unknown) > 0 {
		all = multierror.Append(all, notPlain(path, "sets %s, which this version does not know", quotedList(unknown)).
			Mend(fmt.Sprintf("such a field may enable a variant of LoRA; if it does not change the meaning of the tensors, write `allow-unknown: [%s]` in the load", strings.Join(unknown, ", "))))
	}
	return all.ErrorOrNil()
}

// refuseInit says why a value of init_lora_weights can't be merged; nil if it leaves the
// base model as it is.
func (c *Config) refuseInit(path string) error {
	raw := c.Raw["init_lora_weights"]
	switch init := jsonobject.Value(raw).(type) {
	case nil, bool:
		return nil
	case string:
		word := strings.ToLower(init)
		switch {
		case slices.Contains(plainInits, word):
			return nil
		case slices.Contains(baseInits, word), strings.HasPrefix(word, "pissa_niter_"):
			remedy := initRemedy
			if word == "loftq" {
				remedy = loftqRemedy
			}
			return notPlain(path, "init_lora_weights is %s, which changes the base model's weights", jsonobject.Shorten(raw)).Mend(remedy)
		}
	}
	return notPlain(path, "init_lora_weights is %s, which this version does not know: it may change the base model's weights", jsonobject.Shorten(raw)).Mend(unknownRemedy)
}

// isMLX reports whether this is mlx_lm's adapter_config.json: unlike PEFT's, it has no peft_type.
func (c *Config) isMLX() bool {
	_, ofPEFT := c.Raw["peft_type"]
	_, mlx := c.Raw["lora_parameters"]
	return !ofPEFT && mlx
}

// knownFields are those that need no note: they are read here, refused by name, or matter
// only to training or to a server. The first are LoraConfig's up to PEFT 0.20, then come
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
		if jsonobject.IsSet(c.Raw[field]) && !Known(field) && !slices.Contains(allowed, field) {
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

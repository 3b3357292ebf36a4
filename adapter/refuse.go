package adapter

import (
	"bytes"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"
)

const (
	doraRemedy     = "DoRA rescales the base model's own columns, which are not in these files; train without use_dora, or merge it into the base model first"
	biasRemedy     = "train with lora_bias: false; a bias on lora_B has no place in ΔW"
	tokensRemedy   = "trainable tokens change single rows of an embedding; train without trainable_token_indices"
	peftTypeRemedy = "only LoRA adapters can be merged from their files"
	initRemedy     = "convert it to a plain LoRA with PEFT: save_pretrained(…, path_initial_model_for_weight_conversion=…)"
)

// plainInits are the values of init_lora_weights that leave the base model as it is.
// PiSSA, OLoRA, CorDA, LoftQ and LoRA-GA subtract their start from the base weights,
// so that two such adapters belong to two different bases.
var plainInits = []string{"", "true", "false", "gaussian", "eva", "orthogonal"}

// refusedFields are switches of LoraConfig that change what the tensors mean.
var refusedFields = []struct{ field, remedy string }{
	{"use_dora", doraRemedy},
	{"lora_bias", biasRemedy},
	{"target_parameters", "adapters on bare parameters need the base model's layout; train on modules instead"},
	{"trainable_token_indices", tokensRemedy},
	{"layer_replication", "the base model was rebuilt with repeated layers; merge adapters of the plain base model"},
	{"alora_invocation_tokens", "an activated LoRA works only after its own tokens; train a plain LoRA"},
	{"use_qalora", "QALoRA pools the input in groups; train with use_qalora: false"},
	{"use_bdlora", "block-diagonal LoRA has another shape; train a plain LoRA"},
	{"megatron_config", "save the adapter without megatron's parallel layers"},
}

// refusals names everything in the configuration that can't be merged from files alone.
func (c *Config) refusals(path string) error {
	var all *multierror.Error
	if !strings.EqualFold(c.PEFTType, "LORA") {
		all = multierror.Append(all, problemf(path, peftTypeRemedy, "peft_type is %q", c.PEFTType))
	}
	for _, refused := range refusedFields {
		if raw := c.Raw[refused.field]; isSet(raw) {
			all = multierror.Append(all, problemf(path, refused.remedy, "%s is set (%s)", refused.field, shorten(raw)))
		}
	}
	if init := strings.ToLower(strings.Trim(string(c.Raw["init_lora_weights"]), `" `)); !slices.Contains(plainInits, init) && init != "null" {
		all = multierror.Append(all, problemf(path, initRemedy, "init_lora_weights is %q, which changes the base model's weights", init))
	}
	return all.ErrorOrNil()
}

// isSet tells whether a JSON value is anything but null, false, zero or empty.
func isSet(raw []byte) bool {
	switch string(bytes.TrimSpace(raw)) {
	case "", "null", "false", "0", `""`, "[]", "{}":
		return false
	}
	return true
}

func shorten(raw []byte) string {
	const most = 60
	if text := strings.Join(strings.Fields(string(raw)), " "); len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(string(raw[:most]), "") + "…"
}

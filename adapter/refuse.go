package adapter

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"
	"github.com/loramerge/loramerge/internal/fault"
)

const (
	doraRemedy     = "DoRA rescales the base model's own columns, which are not in these files; train without use_dora, or merge it into the base model first"
	biasRemedy     = "train with lora_bias: false; ΔW can't represent a bias on lora_B"
	tokensRemedy   = "trainable tokens change single rows of an embedding; train without trainable_token_indices"
	peftTypeRemedy = "only LoRA adapters can be merged from their files"
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
	{"target_parameters", "adapters on bare parameters need the base model's layout; train on modules instead"},
	{"trainable_token_indices", tokensRemedy},
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
func (c *Config) refusals(path string, options Options) error {
	var all *multierror.Error
	if c.isMLX() {
		return notPEFT(path, "is the configuration of an MLX adapter (mlx_lm)")
	}
	if !strings.EqualFold(c.PEFTType, "LORA") {
		all = multierror.Append(all, notPlain(path, "peft_type is %q", c.PEFTType).Mend(peftTypeRemedy))
	}
	for _, refused := range refusedFields {
		if raw := c.Raw[refused.field]; isSet(raw) {
			all = multierror.Append(all, notPlain(path, "%s is set (%s)", refused.field, shorten(raw)).Mend(refused.remedy))
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
	switch init := decoded(raw).(type) {
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
			return notPlain(path, "init_lora_weights is %s, which changes the base model's weights", shorten(raw)).Mend(remedy)
		}
	}
	return notPlain(path, "init_lora_weights is %s, which this version does not know: it may change the base model's weights", shorten(raw)).Mend(unknownRemedy)
}

// decoded is the value of a part of a JSON text that was read before; nil if it is absent.
func decoded(raw json.RawMessage) any {
	var value any
	if raw != nil && json.Unmarshal(raw, &value) != nil {
		panic("adapter: a field that is not JSON")
	}
	return value
}

// isSet reports whether a JSON value is anything but null, false, zero or empty.
func isSet(raw json.RawMessage) bool {
	switch value := decoded(raw).(type) {
	case nil:
		return false
	case bool:
		return value
	case float64:
		return value != 0
	case string:
		return value != ""
	case []any:
		return len(value) > 0
	case map[string]any:
		return len(value) > 0
	}
	return true
}

// shorten puts a JSON value on one line of bounded length.
func shorten(raw json.RawMessage) string {
	const most = 60
	text := strings.Join(strings.Fields(string(raw)), " ")
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

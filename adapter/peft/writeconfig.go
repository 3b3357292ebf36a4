package peft

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/jsonobject"
)

// MergedConfig is adapter_config.json of an adapter that was merged from inputs and
// holds modules. What describes tensors says what the file holds: r is the largest rank
// of any pair, the patterns name the pairs that differ from r and lora_alpha, and of
// the inputs' heads, biases and targets only those that are there are listed. Other fields are
// kept where the inputs agree. base, if it has a name, is the base model, and its revision
// comes before the one on which the inputs agree.
func MergedConfig(inputs []*adapter.Adapter, modules []*adapter.Module, base adapter.Base) *OutConfig {
	modules = adapter.Layers(modules)
	out := &OutConfig{PEFTType: "LORA", InferenceMode: true, InitWeights: true,
		AutoMapping: agreed(inputs, "auto_mapping"), Revision: agreed(inputs, "revision")}
	if base.Name != "" {
		out.Base = &base.Name
	}
	if base.Revision != "" {
		out.Revision = encodedText(base.Revision)
	}
	for _, input := range inputs {
		out.FanInFanOut = out.FanInFanOut || ConfigOf(input).FanInFanOut
	}
	out.ModulesToSave = heldHeads(inputs, modules)
	out.Bias = heldBias(inputs, modules, out.ModulesToSave)
	out.TaskType = heldTask(agreed(inputs, "task_type"), inputs, modules)
	out.TargetModules = targetModules(inputs, modules)
	out.setParameters(inputs, modules)
	out.Tokens = adapter.TokenIDs(modules)
	out.TiesWeights = out.tiesWeights(inputs)
	out.setScales(modules)
	return out
}

// embeddings are the names by which PEFT knows layers whose weights a model may tie
// (EMBEDDING_LAYER_NAMES in peft/utils/constants.py).
var embeddings = []string{"embed_tokens", "lm_head"}

// tiesWeights reports whether the saved embedding is a tied head too. Without the
// field PEFT puts the head's copy in the file into the base model's own tensor.
func (c *OutConfig) tiesWeights(inputs []*adapter.Adapter) bool {
	holds := slices.ContainsFunc(slices.Concat(c.ModulesToSave, c.TargetModules, slices.Collect(maps.Keys(c.Tokens))), func(name string) bool {
		return slices.Contains(embeddings, name[strings.LastIndexByte(name, '.')+1:])
	})
	return holds && slices.ContainsFunc(inputs, func(a *adapter.Adapter) bool { return jsonobject.IsSet(ConfigOf(a).Raw["ensure_weight_tying"]) })
}

func encodedText(s string) json.RawMessage {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // of a string there is none
	}
	return text
}

// agreed is the value of a field if all inputs hold the same one, however it is spaced,
// else null.
func agreed(inputs []*adapter.Adapter, field string) json.RawMessage {
	null := json.RawMessage("null")
	var common json.RawMessage
	for i, input := range inputs {
		raw := said(input, field)
		if raw == nil || i > 0 && !reflect.DeepEqual(jsonobject.Value(raw), jsonobject.Value(common)) {
			return null
		}
		common = raw
	}
	if common == nil {
		return null
	}
	return common
}

// said is a field of an input's configuration, or what an input in another format says in its place.
func said(input *adapter.Adapter, field string) json.RawMessage {
	text := ""
	switch config, ours := input.Own.(*Config); {
	case ours:
		return config.Raw[field]
	case field == "task_type":
		text = input.Task
	case field == "revision":
		text = input.Base.Revision
	}
	if text == "" {
		return nil
	}
	return encodedText(text)
}

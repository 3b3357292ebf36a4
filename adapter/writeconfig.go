package adapter

import (
	"bytes"
	"encoding/json"
	"slices"
)

// outConfig is what a merged adapter says of itself, in the order of the keys that
// PEFT writes (sorted). Only what PEFT and vLLM read is written.
type outConfig struct {
	AlphaPattern  outPattern      `json:"alpha_pattern"`
	AutoMapping   json.RawMessage `json:"auto_mapping"`
	Base          *string         `json:"base_model_name_or_path"`
	Bias          string          `json:"bias"`
	FanInFanOut   bool            `json:"fan_in_fan_out"`
	InferenceMode bool            `json:"inference_mode"`
	InitWeights   bool            `json:"init_lora_weights"`
	Alpha         float64         `json:"lora_alpha"`
	Dropout       float64         `json:"lora_dropout"`
	ModulesToSave []string        `json:"modules_to_save"`
	PEFTType      string          `json:"peft_type"`
	R             int             `json:"r"`
	RankPattern   outPattern      `json:"rank_pattern"`
	Revision      json.RawMessage `json:"revision"`
	TargetModules []string        `json:"target_modules"`
	TaskType      json.RawMessage `json:"task_type"`
	UseDoRA       bool            `json:"use_dora"`
	UseRSLoRA     bool            `json:"use_rslora"`
}

// MergedConfig is adapter_config.json of an adapter that was merged from inputs and
// holds modules: fields on which the inputs agree are kept, target_modules and
// modules_to_save are united, r and lora_alpha are those of most modules, and the
// others stand in the patterns. base, if not empty, names the base model.
func MergedConfig(inputs []*Adapter, modules []*Module, base string) ([]byte, error) {
	out := outConfig{PEFTType: "LORA", InferenceMode: true, InitWeights: true, Bias: "none",
		AutoMapping: agreed(inputs, "auto_mapping"), TaskType: agreed(inputs, "task_type"), Revision: agreed(inputs, "revision")}
	if base != "" {
		out.Base = &base
	}
	for _, input := range inputs {
		out.FanInFanOut = out.FanInFanOut || input.Config.FanInFanOut
		out.Bias = widerBias(out.Bias, input.Config.Bias)
		for _, name := range input.Config.ModulesToSave.Names {
			if !slices.Contains(out.ModulesToSave, name) {
				out.ModulesToSave = append(out.ModulesToSave, name)
			}
		}
	}
	slices.Sort(out.ModulesToSave)
	out.TargetModules = targetModules(inputs, modules)
	out.setScales(modules)
	return encodeJSON(out)
}

// agreed is the value of a field if all inputs hold the same one, else null.
func agreed(inputs []*Adapter, field string) json.RawMessage {
	null := json.RawMessage("null")
	var common json.RawMessage
	for i, input := range inputs {
		raw := input.Config.Raw[field]
		if raw == nil || i > 0 && !bytes.Equal(raw, common) {
			return null
		}
		common = raw
	}
	if common == nil {
		return null
	}
	return common
}

// widerBias joins two values of LoraConfig.bias: none, lora_only, all.
func widerBias(x, y string) string {
	order := []string{"", "none", "lora_only", "all"}
	if slices.Index(order, y) > slices.Index(order, x) {
		return y
	}
	return x
}

func encodeJSON(v any) ([]byte, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return buffer.Bytes(), nil
}

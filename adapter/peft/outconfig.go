package peft

import (
	"bytes"
	"encoding/json"
)

// OutConfig is what a merged adapter says of itself, in the order of the keys that
// PEFT writes (sorted). Only what PEFT and the servers read is written.
type OutConfig struct {
	AlphaPattern     OutPattern       `json:"alpha_pattern"`
	AutoMapping      json.RawMessage  `json:"auto_mapping"`
	Base             *string          `json:"base_model_name_or_path"`
	Bias             string           `json:"bias"`
	TiesWeights      bool             `json:"ensure_weight_tying,omitempty"` // a field of PEFT 0.18 on, which older releases do not take
	FanInFanOut      bool             `json:"fan_in_fan_out"`
	InferenceMode    bool             `json:"inference_mode"`
	InitWeights      bool             `json:"init_lora_weights"`
	Alpha            float64          `json:"lora_alpha"`
	Dropout          float64          `json:"lora_dropout"`
	ModulesToSave    []string         `json:"modules_to_save"`
	PEFTType         string           `json:"peft_type"`
	PEFTVersion      string           `json:"peft_version,omitempty"` // of stacked experts, whose layout depends on it
	R                int              `json:"r"`
	RankPattern      OutPattern       `json:"rank_pattern"`
	Revision         json.RawMessage  `json:"revision"`
	TargetModules    []string         `json:"target_modules"`
	TargetParameters []string         `json:"target_parameters,omitempty"` // a field of PEFT 0.17 on
	TaskType         json.RawMessage  `json:"task_type"`
	Tokens           map[string][]int `json:"trainable_token_indices,omitempty"` // a field of PEFT 0.15 on
	UseDoRA          bool             `json:"use_dora"`
	UseRSLoRA        bool             `json:"use_rslora"`
}

// JSON is the file's text.
func (c *OutConfig) JSON() ([]byte, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(c); err != nil {
		return nil, err
	}
	return buffer.Bytes(), nil
}

// OutPattern is rank_pattern or alpha_pattern: a JSON object of numbers, its keys in order.
type OutPattern []patternEntry

type patternEntry struct {
	key   string
	value float64
}

// MarshalJSON writes the keys in order.
func (p OutPattern) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, entry := range p {
		if i > 0 {
			out = append(out, ',')
		}
		key, err := json.Marshal(entry.key)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(entry.value)
		if err != nil {
			return nil, err
		}
		out = append(append(append(out, key...), ':'), value...)
	}
	return append(out, '}'), nil
}

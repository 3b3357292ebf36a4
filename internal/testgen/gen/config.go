package gen

import (
	"encoding/json"
	"slices"
	"strings"
)

// config is adapter_config.json as PEFT writes it, its keys sorted.
type config struct {
	Base             string   `json:"base_model_name_or_path"`
	Bias             string   `json:"bias"`
	FanInFanOut      bool     `json:"fan_in_fan_out"`
	InferenceMode    bool     `json:"inference_mode"`
	InitWeights      bool     `json:"init_lora_weights"`
	Alpha            int      `json:"lora_alpha"`
	Dropout          float64  `json:"lora_dropout"`
	PEFTType         string   `json:"peft_type"`
	PEFTVersion      string   `json:"peft_version,omitempty"` // of experts, whose layout depends on it
	R                int      `json:"r"`
	TargetModules    []string `json:"target_modules"`
	TargetParameters []string `json:"target_parameters,omitempty"`
	TaskType         string   `json:"task_type"`
	UseDoRA          bool     `json:"use_dora"`
	UseRSLoRA        bool     `json:"use_rslora"`
}

func (s Spec) config() []byte {
	c := config{
		Base: s.Base, Bias: "none", InferenceMode: true, InitWeights: true, Alpha: s.Alpha,
		PEFTType: "LORA", R: s.Rank, TargetModules: s.targets(false), TargetParameters: s.targets(true), TaskType: "CAUSAL_LM",
	}
	if len(c.TargetParameters) > 0 {
		c.PEFTVersion = "0.19.1"
	}
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		panic("gen: " + err.Error())
	}
	return append(text, '\n')
}

// targets are the last parts of the names of modules, or of experts' parameters, each once, as
// target_modules or target_parameters lists them.
func (s Spec) targets(experts bool) []string {
	names := []string{}
	for _, m := range s.Modules {
		if experts != (m.Experts > 0) {
			continue
		}
		names = append(names, m.Name[strings.LastIndexByte(m.Name, '.')+1:])
	}
	slices.Sort(names)
	return slices.Compact(names)
}

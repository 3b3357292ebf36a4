package adapter

import (
	"encoding/json"
)

// ConfigFile and WeightsFile are the two files of a PEFT folder.
const (
	ConfigFile  = "adapter_config.json"
	WeightsFile = "adapter_model.safetensors"
)

// picklesFile is what PEFT wrote before safetensors.
const picklesFile = "adapter_model.bin"

// Config is adapter_config.json as far as a merge needs it, with PEFT's defaults.
type Config struct {
	PEFTType      string   // peft_type
	TaskType      *string  // task_type
	Base          *string  // base_model_name_or_path
	R             int      // r; a module's rank is its tensors' own
	Alpha         float64  // lora_alpha
	UseRSLoRA     bool     // use_rslora
	RankPattern   Pattern  // rank_pattern
	AlphaPattern  Pattern  // alpha_pattern
	TargetModules NameList // target_modules
	ModulesToSave NameList // modules_to_save
	Bias          string   // bias
	FanInFanOut   bool     // fan_in_fan_out
	Raw           rawFields
}

// rawFields is the file's object by key, for what only needs to be carried or refused.
type rawFields map[string]json.RawMessage

const twoFiles = "an adapter is a folder that holds " + ConfigFile + " and " + WeightsFile

package peft

import (
	"encoding/json"
	"path/filepath"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/jsonobject"
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
	PEFTType         string   // peft_type
	TaskType         *string  // task_type
	Base             *string  // base_model_name_or_path
	R                int      // r; a module's rank is its tensors' own
	Alpha            float64  // lora_alpha
	UseRSLoRA        bool     // use_rslora
	RankPattern      Pattern  // rank_pattern
	AlphaPattern     Pattern  // alpha_pattern
	TargetModules    NameList // target_modules
	ModulesToSave    NameList // modules_to_save
	TargetParameters []string // target_parameters
	Tokens           tokenIDs // trainable_token_indices
	Bias             string   // bias
	FanInFanOut      bool     // fan_in_fan_out
	Raw              rawFields
}

// rawFields is the file's object by key, for what only needs to be carried or refused.
type rawFields map[string]json.RawMessage

const twoFiles = "an adapter is a folder that holds " + ConfigFile + " and " + WeightsFile

// ConfigOf is the configuration of an adapter: an empty one where its format has none of PEFT's.
func ConfigOf(a *adapter.Adapter) *Config {
	if config, ok := a.Own.(*Config); ok {
		return config
	}
	return &Config{}
}

// BaseModel is the base model that the configuration names.
func (c *Config) BaseModel() adapter.Base {
	var b adapter.Base
	if c.Base != nil {
		b.Name = *c.Base
	}
	if revision, ok := jsonobject.Value(c.Raw["revision"]).(string); ok && revision != "main" {
		b.Revision = revision
	}
	return b
}

// BaseOf reads the base model that a folder names, whatever else is wrong with the folder;
// the zero Base if that can't be read.
func BaseOf(path string) adapter.Base {
	config, err := readConfig(filepath.Join(path, ConfigFile))
	if err != nil {
		return adapter.Base{}
	}
	return config.BaseModel()
}

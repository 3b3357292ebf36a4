package adapter

import (
	"encoding/json"
	"errors"
	"io/fs"
	"unicode/utf8"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/osfile"
)

// ConfigFile and WeightsFile are the two files of a PEFT folder.
const (
	ConfigFile  = "adapter_config.json"
	WeightsFile = "adapter_model.safetensors"
)

// picklesFile is what PEFT wrote before safetensors.
const picklesFile = "adapter_model.bin"

// configLimit bounds adapter_config.json: PEFT writes about a kilobyte, and a
// rank_pattern that names each of 40,000 experts takes seven megabytes.
const configLimit = 16 << 20

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

func readConfig(path string) (*Config, error) {
	data, err := readSmall(path)
	if err != nil {
		return nil, err
	}
	if osfile.IsLFSPointer(data) {
		return nil, fault.In(path, "is a Git LFS pointer, not the file itself").Mend(osfile.LFSRemedy)
	}
	if !utf8.Valid(data) {
		return nil, fault.In(path, "is not UTF-8 text").Mend("save it again as UTF-8")
	}
	return parseConfig(path, data)
}

func readSmall(path string) ([]byte, error) {
	data, err := osfile.ReadUpTo(path, configLimit+1)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.In(path, "does not exist").Mend(twoFiles)
	case errors.Is(err, osfile.ErrNotRegular):
		return nil, fault.In(path, "is not a regular file").Mend("copy what it yields to a file")
	case err != nil:
		return nil, readable(path, err)
	case len(data) > configLimit:
		return nil, fault.In(path, "is larger than %d bytes", configLimit).Mend("check that it is PEFT's own file")
	}
	return data, nil
}

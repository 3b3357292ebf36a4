package peft

import (
	"errors"
	"io/fs"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/jsonobject"
)

// defaultAlpha is LoraConfig's default of r and lora_alpha.
const defaultAlpha = 8

// field is a key of the file and where its value goes.
type field struct {
	name   string
	target any
}

// fields lists what is read.
func (c *Config) fields() []field {
	return []field{
		{"peft_type", &c.PEFTType}, {"task_type", &c.TaskType}, {"base_model_name_or_path", &c.Base},
		{"r", (*jsonobject.Whole)(&c.R)}, {"lora_alpha", (*jsonobject.Number)(&c.Alpha)}, {"use_rslora", &c.UseRSLoRA},
		{"rank_pattern", &c.RankPattern}, {"alpha_pattern", &c.AlphaPattern},
		{"target_modules", &c.TargetModules}, {"modules_to_save", &c.ModulesToSave},
		{"target_parameters", &c.TargetParameters}, {"trainable_token_indices", &c.Tokens}, {"bias", &c.Bias}, {"fan_in_fan_out", &c.FanInFanOut},
	}
}

func readConfig(path string) (*Config, error) {
	object, err := jsonobject.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.In(path, "does not exist").Mend(twoFiles)
	}
	if object == nil {
		return nil, err
	}
	return configFrom(path, object, err)
}

func parseConfig(path string, data []byte) (*Config, error) {
	object, err := jsonobject.Parse(path, data)
	if object == nil {
		return nil, err
	}
	return configFrom(path, object, err)
}

// configFrom takes the fields from an object, which may have mistakes of its own.
func configFrom(path string, object *jsonobject.Object, mistakes error) (*Config, error) {
	config := &Config{R: defaultAlpha, Alpha: defaultAlpha, Bias: "none", Raw: object.Fields}
	all := multierror.Append(nil, mistakes)
	for _, f := range config.fields() {
		all = multierror.Append(all, object.Decode(f.name, f.target))
	}
	unwrapAll(config.TargetModules.Names)
	unwrapAll(config.ModulesToSave.Names)
	unwrapAll(config.TargetParameters)
	all = multierror.Append(all, config.RankPattern.compile(path, "rank_pattern"), config.AlphaPattern.compile(path, "alpha_pattern"),
		config.RankPattern.checkRanks(path))
	return config, all.ErrorOrNil()
}

package peft

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
)

// Part is the LoraConfig of a part of a model, such as its text encoder, as another format keeps it
// in a file of its own.
type Part struct {
	config *Config
	path   string
}

// ParsePart reads the JSON object of a part that has so many modules, and refuses what can't be
// merged. Its errors are Faults about path.
func ParsePart(path string, text []byte, modules int, options adapter.Options) (*Part, error) {
	config, err := parseConfig(path, text)
	if err != nil {
		return nil, err
	}
	if config.PEFTType == "" {
		config.PEFTType = "LORA" // which is what a LoraConfig is of
	}
	if err := multierror.Append(nil, config.refusals(path, options), config.checkEffort(path, modules)).ErrorOrNil(); err != nil {
		return nil, err
	}
	return &Part{config, path}, nil
}

// Base is the base model that it names.
func (p *Part) Base() adapter.Base { return p.config.BaseModel() }

// Rank is what it says of a module, whose name begins in the part.
func (p *Part) Rank(module string) int { return p.config.rank(module) }

// Scale sets the alpha and scale of a module, whose name begins in the part.
func (p *Part) Scale(m *adapter.Module) error {
	if p.config.scale(p.path, m) != nil {
		return fault.In(p.path, "module %q has the scale %v", m.Name, m.Scale).Mend("correct lora_alpha there")
	}
	return nil
}

// PartFields are the fields of a LoraConfig from which PEFT computes the ranks and scales of
// modules, pairs whose names begin in their part of the model.
func PartFields(modules []*adapter.Module) map[string]json.RawMessage {
	config := &OutConfig{}
	config.setScales(modules)
	var targets []string
	for _, m := range modules {
		targets = append(targets, m.Name)
	}
	slices.Sort(targets)
	out := make(map[string]json.RawMessage)
	for name, value := range map[string]any{
		"r": config.R, "lora_alpha": config.Alpha, "rank_pattern": config.RankPattern, "alpha_pattern": config.AlphaPattern,
		"use_rslora": config.UseRSLoRA, "target_modules": targets,
	} {
		out[name] = plainJSON(value)
	}
	return out
}

func plainJSON(value any) json.RawMessage {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err) // of numbers and names there is none
	}
	return bytes.TrimSpace(text.Bytes())
}

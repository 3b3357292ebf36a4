package mlx

import (
	"errors"
	"io/fs"
	"maps"
	"slices"

	"github.com/hashicorp/go-multierror"

	"github.com/loramerge/loramerge/adapter"
	"github.com/loramerge/loramerge/internal/fault"
	"github.com/loramerge/loramerge/internal/jsonobject"
)

// config is adapter_config.json as far as a merge needs it. The trainer writes all of its
// arguments there; what is not named here is about training alone.
type config struct {
	fineTune string   // fine_tune_type; empty where it says nothing, which is lora
	useDoRA  bool     // use_dora, until September 2024
	base     *string  // model
	revision *string  // which loramerge writes: mlx_lm has no word for it
	old      bool     // lora_layers instead of num_layers, until September 2024
	rank     int      // lora_parameters.rank; a module's rank is its tensors' own
	scale    *float64 // lora_parameters.scale
	alpha    float64  // lora_parameters.alpha, which releases of early 2024 read; else 0
	unread   []string // set fields of lora_parameters that mlx_lm does not read
}

const (
	dora = "dora"
	lora = "lora"
	full = "full"
)

func readConfig(path string) (*config, error) {
	object, err := jsonobject.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.In(path, "does not exist, and nothing else says by which scale the factors are multiplied").
			Mend("copy it from where the adapter was trained, or write it as `loramerge errors mlx` shows").See("mlx")
	}
	if err != nil {
		return nil, err
	}
	return parseConfig(path, object)
}

func parseConfig(path string, object *jsonobject.Object) (*config, error) {
	if _, ofPEFT := object.Fields["peft_type"]; ofPEFT {
		return nil, fault.In(path, "is a configuration of PEFT, and the weights next to it are those of MLX").
			Mend("put back the configuration that mlx_lm wrote with them")
	}
	c := &config{}
	parameters, err := object.Object("lora_parameters")
	all := multierror.Append(object.Decode("fine_tune_type", &c.fineTune), object.Decode("use_dora", &c.useDoRA), object.Decode("model", &c.base), object.Decode("revision", &c.revision), err)
	_, c.old = object.Fields["lora_layers"]
	if err := c.refusal(path); err != nil {
		all = multierror.Append(all, err)
	}
	switch {
	case err != nil || c.fineTune == full: // which needs no parameters
	case parameters == nil:
		all = multierror.Append(all, fault.In(path, "has no lora_parameters, which hold the scale by which the factors are multiplied").
			Mend("copy the file from where the adapter was trained, or write it as `loramerge errors mlx` shows").See("mlx"))
	default:
		all = multierror.Append(all, c.readParameters(path, parameters))
	}
	return c, all.ErrorOrNil()
}

func (c *config) readParameters(path string, parameters *jsonobject.Object) error {
	var scale *jsonobject.Number
	all := multierror.Append(nil, parameters.Decode("rank", (*jsonobject.Whole)(&c.rank)), parameters.Decode("scale", &scale), parameters.Decode("alpha", (*jsonobject.Number)(&c.alpha)))
	c.scale = (*float64)(scale)
	if scale == nil && all.ErrorOrNil() == nil {
		all = multierror.Append(all, fault.In(path, "lora_parameters has no scale").
			Mend("write the one that it was trained with: mlx_lm's own is 20.0 unless another was asked for").See("mlx"))
	}
	for _, name := range slices.Sorted(maps.Keys(parameters.Fields)) {
		if !slices.Contains([]string{"rank", "scale", "dropout", "keys", "alpha"}, name) && jsonobject.IsSet(parameters.Fields[name]) {
			c.unread = append(c.unread, name)
		}
	}
	return all.ErrorOrNil()
}

// refusal says why what was trained can't be merged from its file; nil if it can.
func (c *config) refusal(path string) error {
	switch {
	case c.fineTune == dora || c.useDoRA:
		said := "fine_tune_type is \"dora\""
		if c.useDoRA {
			said = "use_dora is set"
		}
		return notPlain(path, "%s", said).Mend(doraRemedy)
	case c.fineTune == full:
		return notPlain(path, "fine_tune_type is \"full\": the file holds whole weights of the model, and no adapter").
			Mend("loramerge merges adapters; train with fine_tune_type: lora")
	case c.fineTune != "" && c.fineTune != lora:
		return notPlain(path, "fine_tune_type is %q, which this version does not know", c.fineTune).
			Mend("if the file holds plain LoRA factors, write \"lora\" there")
	}
	return nil
}

// factor is what multiplies a module's B·A. From 25 January to 2 June 2024 mlx_lm read an alpha
// too, and the factor was scale·alpha/rank (mlx-examples 20149a92 to 57b16724); since then the
// alpha of a configuration that was copied on is not read. Only lora_layers shows that a file
// may be of that time: it became num_layers in September 2024.
func (c *config) factor() float64 {
	if c.alpha != 0 && c.old && c.rank > 0 {
		return *c.scale * c.alpha / float64(c.rank)
	}
	return *c.scale
}

func (c *config) baseModel() adapter.Base {
	var b adapter.Base
	if c.base != nil {
		b.Name = *c.base
	}
	if c.revision != nil && *c.revision != "main" && b.Name != "" {
		b.Revision = *c.revision
	}
	return b
}
